// All that may be chosen for a model: workers laid out on chips, by kind of chip, engine, precision
// and token budget. A deployment is a number of workers of one layout, or of two where prefill and
// decode are apart; how many requests it holds is chosen with it.
//
// Made once, searched many times. The order of families and workers is that of their contents, not
// of the lists that were given. Ownership: plain values, kernel times are shared. Thread safety:
// const use from many threads; Build: one thread.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "domain/catalog/model.h"
#include "model/codesign/legality.h"
#include "model/perf/kernel_times.h"
#include "model/perf/mean_field.h"

namespace roofscape::codesign {

struct ChipOption {
  perf::Machine machine;
  std::string maker;
  std::int64_t most = 8;  // Of a deployment.
  double weight = 1.0;    // What is spent of a chip in a second: 1, USD, or joules.
};

struct EngineOption {
  perf::EngineClass engine = perf::kOtherEngine;
  EngineLimits limits;
  std::vector<std::string> makers = {};  // Of chips that it runs on; empty: all.
};

/// What is to be served, and what may be used for it.
struct Wish {
  const catalog::Model* model = nullptr;
  std::vector<ChipOption> chips;
  std::vector<EngineOption> engines;
  std::vector<std::string> precisions = {""};  // As perf::FormatsOf takes them.
  std::vector<double> token_budgets = {8192.0};
  std::vector<double> concurrencies;  // Requests in flight that may be chosen, of a deployment.
  double input = 1024.0;              // Mean tokens.
  double output = 1024.0;
  double longest_tokens = 2048.0;  // The longest request, from end to end.
  double longest_prompt = 1024.0;
  double drafts = 0.0;  // Tokens drafted a step.
  perf::Travel travel;  // Of tokens to their experts.
  bool aggregated = true;
  bool disaggregated = true;
  std::int64_t most_stages = 1;
  /// A chip without units for a format may keep weights in it all the same and unpack them.
  bool unpacks = false;
  /// What was fitted, by engine and generation.
  std::function<perf::Coefficients<double>(const perf::Setting&)> coefficients;
};

struct Worker {
  perf::Lowered lowered;
  std::int64_t chips = 1;
  bool serves = false;    // Its memory holds whole requests,
  bool prefills = false;  // or at least their prompts.
};

/// What is the same for the workers of a deployment.
struct Family {
  std::string chip;
  perf::Machine machine;
  std::int64_t most = 1;  // Chips.
  double weight = 1.0;
  perf::EngineClass engine = perf::kOtherEngine;
  std::string precision;  // As wished; empty: as the model was released.
  perf::Formats formats;
  double token_budget = 0.0;
  perf::Setting setting;
  perf::Coefficients<double> coefficients = {};
  std::vector<Worker> workers;
};

struct RefusalCount {
  std::uint64_t layouts = 0;
  std::string example;  // The smallest of them: "h200-sxm vllm fp8 tp 3"
};

struct Space {
  std::vector<Family> families;
  std::array<RefusalCount, kRefusals> refused;
  std::uint64_t layouts = 0;          // Looked at, of workers.
  std::vector<double> concurrencies;  // Ascending.
  perf::Load lengths;                 // Concurrency is not used.
  double drafts = 0.0;
  bool aggregated = true;
  bool disaggregated = true;
};

/// Errors: a wish for nothing (no chips, engines, loads), a precision that is not known, drafts of
/// a model without draft layers. `book`: where kernel times come from; null: rooflines only.
Result<Space> BuildSpace(const Wish& wish, perf::KernelBook* book);

/// "tp 4", "tp 1 dp 8 ep 8 pp 2": degrees of 1 are left out, but that of tp.
std::string LayoutText(const perf::Layout& layout);

/// 1, 2, 3, ..., 8, 10, 12, 14, 16, 20, ...: four an octave, up to `most`.
std::vector<double> DefaultConcurrencies(double most);

}  // namespace roofscape::codesign
