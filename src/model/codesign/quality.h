// When two models count as equally good: what the user states, never what this program thinks. The
// shapes of a search must all meet it, or the smallest would win by being small.
//
// Thread safety: pure functions.

#pragma once

#include <optional>
#include <string>

#include "base/core/result.h"
#include "domain/catalog/catalog.h"

namespace roofscape::codesign {

struct Quality {
  enum class Rule {
    kNone,        // Nothing was stated.
    kParameters,  // As many in all, and as many for a token.
    kScore,       // A published score of at least so much.
  };
  Rule rule = Rule::kNone;
  double total_b = 0.0;  // Billions, both of them.
  double active_b = 0.0;
  double tolerance = 0.05;    // Of both.
  std::string eval;           // The id of scores in the catalog,
  double least_score = 0.0;   // 0 .. 1
  std::string because;        // Why the user takes this for equal; printed with every answer.
};

/// What the user stated, for people: "671 B parameters of which 37 B work, each within 5 %".
std::string QualityText(const Quality& quality);

/// Errors: nothing was stated, or what was cannot be checked: no counts, an eval that the catalog
/// does not have, or one whose rows were run by different testers and so do not compare.
Result<> CheckQuality(const Quality& quality, const catalog::Catalog& catalog);

/// Why a model does not meet it; missing: it does. A shape that nobody trained has no score.
/// REQUIRES: CheckQuality().
std::optional<std::string> FallsShort(const Quality& quality, const catalog::Catalog& catalog,
                                      const catalog::Model& model);

}  // namespace roofscape::codesign
