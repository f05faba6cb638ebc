// `codesign --what-if FILE`: a scenario against what is, and which of its assumptions decides.
//
// Thread safety: no shared state.

#pragma once

#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/json.h"
#include "cli/codesign_space.h"
#include "cli/table.h"
#include "model/codesign/what_if.h"
#include "model/perf/kernel_times.h"

namespace roofscape::cli {

struct WhatIfParameter {
  codesign::Range range;
  std::optional<double> now;  // Missing: as the catalog has it, or nothing of the kind.
  std::string source;         // Or "assumption", with or without words after it.

  bool assumed() const { return source.starts_with("assumption"); }
};

/// As the file has it.
struct WhatIfText {
  std::string path, name;
  std::string model, chip, engine = "vllm", precision, mode = "any", objective = "usd";
  std::int64_t chips = 8;
  double input = 1024.0, output = 1024.0, speed_tps = 0.0;
  double ttft_s = std::numeric_limits<double>::infinity();
  PriceOptions prices;
  std::string partner;  // A chip of the catalog that is a wafer; empty: none.
  std::int64_t wafers = 64;
  std::vector<double> crossing_us;
  std::vector<Stated> stated;
  std::vector<WhatIfParameter> parameters;
};

Result<WhatIfText> ReadWhatIfFile(const std::string& path);

struct WhatIfTable {
  WhatIfText text;
  Spending spending;
  codesign::Outcome now, then;
  std::vector<codesign::Swing> swings;
};

/// `book` may be null: rooflines alone.
Result<WhatIfTable> ComputeWhatIf(const WhatIfText& text, const catalog::Catalog& catalog,
                                  const calibrate::Model& fitted, perf::KernelBook* book,
                                  WallTime now);

std::string WhatIfTextOf(const WhatIfTable& t, const Style& style);
Json WhatIfJson(const WhatIfTable& t);

}  // namespace roofscape::cli
