// Models that a search may choose among: those of the catalog that were named, and shapes that
// nobody trained, made of one of them by other depths, widths, experts and forms of attention. All
// must meet the stated quality (quality.h); those that do not are refused, with the reason.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "model/codesign/quality.h"

namespace roofscape::codesign {

/// What of a model may be otherwise; an empty list: as the model is.
struct ShapeAxes {
  std::vector<std::int64_t> layers;
  std::vector<std::int64_t> hidden;
  std::vector<std::int64_t> experts;   // Of models that have routed ones.
  std::vector<std::int64_t> top_k;     // Empty beside `experts`: as many as the active count asks.
  std::vector<std::int64_t> width;     // Of an expert, or of a dense layer. Empty beside
                                       // another axis: what brings the whole count right.
  std::vector<std::string> attention;  // "mla", "gqa-8": with so many heads of keys and values.

  bool empty() const {
    return layers.empty() && hidden.empty() && experts.empty() && top_k.empty() && width.empty() &&
           attention.empty();
  }
};

struct RefusedShape {
  std::string name;
  std::string why;
};

struct Shapes {
  std::vector<catalog::Model> models;  // By name, each once; the id tells them apart.
  std::vector<RefusedShape> refused;
};

/// "61 x 7168, mla, 256 experts of 2048, 8 a token"
std::string ShapeText(const catalog::Model& model);

/// One shape as it is drawn, whatever it would answer: of each axis at most one value, the missing
/// ones as the base's. Says nothing of quality. Errors: more values than one; those of MakeShapes
/// about attention and layers; more experts a token than there are.
Result<catalog::Model> DrawShape(const catalog::Model& base, const ShapeAxes& one);

/// Every combination of the axes, and the base as it is. Counts are solved under rule `parameters`
/// alone; under another the missing ones stay. Errors: those of CheckQuality; a form of attention
/// that is not known; heads that do not divide; no shape that meets the quality.
Result<Shapes> MakeShapes(const std::vector<const catalog::Model*>& bases, const ShapeAxes& axes,
                          const Quality& quality, const catalog::Catalog& catalog);

}  // namespace roofscape::codesign
