// What `explore` does: space, search, correction by rows, simulation, command lines.
//
// Thread safety: no shared state.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "cli/exploration.h"
#include "cli/price_options.h"

namespace roofscape::cli {

struct ExploreOptions {
  std::string model;
  std::vector<std::string> chips;  // "h200-sxm", or "h200-sxm:16" with a number of its own.
  std::int64_t most_chips = 8;
  std::vector<std::string> engines = {"vllm", "sglang", "trtllm"};
  std::vector<std::string> precisions;
  double input = 1024.0;
  double output = 1024.0;
  double interactivity = 0.0;  // Tokens a second a user; or
  double tpot_ms = 0.0;        // the same as a limit.
  double ttft_ms = 0.0;        // 0: no limit.
  std::string objective = "chip";
  PriceOptions prices;
  std::vector<double> concurrency;
  double most_concurrency = 4096.0;
  std::string mode = "any";
  bool cautious = false;
  bool mtp = false;
  std::vector<double> token_budgets = {8192.0};
  std::int64_t stages = 1;
  std::size_t top = 10;
  std::size_t simulate = 3;
  unsigned threads = 0;  // 0: as many as the machine has.
  std::string params;
  std::string catalog;
};

Result<Exploration> Explore(const ExploreOptions& options, WallTime now);

}  // namespace roofscape::cli
