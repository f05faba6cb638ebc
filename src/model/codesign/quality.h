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

/// Training loss of a dense model of n parameters after d tokens:
///   floor + n_scale / n^n_power + d_scale / d^d_power, nats a token.
struct ScalingLaw {
  double floor = 0.0;
  double n_scale = 0.0, n_power = 0.0;
  double d_scale = 0.0, d_power = 0.0;
  double error_nats = 0.0;  // Of a loss, by whoever fitted it.
  std::string source;

  double LossOf(double parameters, double tokens) const;
};

struct Quality {
  enum class Rule {
    kNone,        // Nothing was stated.
    kParameters,  // As many in all, and as many for a token.
    kScore,       // A published score of at least so much.
    kLaw,         // A loss of at most so much by a scaling law, of dense models.
  };
  Rule rule = Rule::kNone;
  double total_b = 0.0;  // Billions, both of them.
  double active_b = 0.0;
  double tolerance = 0.05;   // Of both.
  std::string eval;          // The id of scores in the catalog,
  double least_score = 0.0;  // 0 .. 1
  ScalingLaw law;
  double training_tokens_t = 0.0;  // Trillions, that every shape is trained on.
  double most_loss = 0.0;          // Nats a token.
  std::string because;             // Why the user takes this for equal; printed with every answer.
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
