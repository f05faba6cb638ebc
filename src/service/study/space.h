// A space of co-design as a file: what is to be served, which models count as equally good, which
// machines there are, and where each figure comes from that the catalog does not have.
// docs/reference/codesign.md has the fields.
//
// Thread safety: no shared state.

#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/core/document.h"
#include "base/core/json.h"
#include "domain/analysis/chip_weight.h"
#include "domain/analysis/price_choice.h"
#include "domain/catalog/catalog.h"
#include "model/calibrate/model.h"
#include "model/codesign/joint.h"
#include "model/codesign/portability.h"
#include "model/codesign/shapes.h"

namespace roofscape::study {

/// A figure of the file that is not the catalog's, and who says it: a source, or "assumption".
struct Stated {
  std::string what;
  std::string source;
};

struct MachineText {
  std::string name, chip, engine = "vllm", precision;
  std::int64_t chips = 8;
  double kernel_time = 1.0;
  std::optional<double> usd_per_hour, all_in_kw;
  std::vector<double> crossing_us;  // Wafers: least and most.
};

/// A chip that is not built.
struct ChipText {
  std::string base, engine = "vllm";
  std::vector<std::string> fabrics;  // Scale-up, each a choice.
  std::string scale_out;             // Between their domains; empty: nothing.
  std::int64_t chips = 64;           // Of a worker.
  codesign::PartValues low = {}, high = {};
  codesign::PartCosts usd_per_hour, kw;
};

/// As the file has it.
struct SpaceText {
  std::string path;
  std::string name;
  double input = 1024.0, output = 1024.0;  // Tokens, nominal.
  std::vector<double> input_lengths;       // In place of `input`, where several are compared.
  std::vector<double> speeds_tps;
  double ttft_s = std::numeric_limits<double>::infinity();
  std::string objective = "usd";
  std::string precision;
  analysis::PriceChoice prices;
  codesign::Quality quality;
  std::vector<std::string> bases;
  codesign::ShapeAxes axes;
  std::vector<MachineText> machines;
  std::optional<ChipText> chip;
  std::optional<perf::Travel> groups;  // Group-limited routing, where it may be tried.
  bool two_batches = false;
  double utilisation = 0.0;  // That all kernels would reach; 0: not asked.
  std::vector<Stated> stated;
};

/// Reads the fields of a space that all its users share; the reader's Finish() has the errors.
SpaceText ReadSpace(ObjectReader& reader, const std::string& path);

/// A file's text, every field of which must be known; `path` is its name.
Result<SpaceText> ParseSpace(std::string_view text, const std::string& path);

/// "a figure of the machine" needs a source beside it: `field`_source. Keeps what was stated.
void TakeSource(ObjectReader& reader, const std::string& field, const std::string& what,
                std::vector<Stated>& stated);

/// The machines of a space as the model takes them. Adds to `spending.source`. Errors: an unknown
/// name, a price or power that neither the books nor the file have.
Result<std::vector<codesign::Target>> TargetsOf(const SpaceText& space,
                                                const catalog::Catalog& catalog, WallTime now,
                                                analysis::Spending& spending);

/// Lengths, loads and coefficients of a search. `fitted` must outlive it.
codesign::Wish CommonWish(double input, double output, const calibrate::Model& fitted);

/// The space's models by its rule. Errors: MakeShapes'.
Result<codesign::Shapes> ShapesOf(const SpaceText& space, const catalog::Catalog& catalog);

/// [{what, source}]
Json StatedJson(const std::vector<Stated>& stated);

}  // namespace roofscape::study
