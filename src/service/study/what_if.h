// A scenario against what is, and which of its assumptions decides.
//
// Thread safety: no shared state.

#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/core/json.h"
#include "model/codesign/what_if.h"
#include "service/study/means.h"
#include "service/study/space.h"

namespace roofscape::study {

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
  analysis::PriceChoice prices;
  std::string partner;  // A chip of the catalog that is a wafer; empty: none.
  std::int64_t wafers = 64;
  std::vector<double> crossing_us;
  std::vector<Stated> stated;
  std::vector<WhatIfParameter> parameters;
};

/// A file's text; `path` is its name.
Result<WhatIfText> ParseWhatIf(std::string_view text, const std::string& path);

struct WhatIfTable {
  WhatIfText text;
  analysis::Spending spending;
  codesign::Outcome now, then;
  std::vector<codesign::Swing> swings;
};

Result<WhatIfTable> ComputeWhatIf(const WhatIfText& text, const Means& means);

Json WhatIfJson(const WhatIfTable& t);

}  // namespace roofscape::study
