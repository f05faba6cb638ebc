// How many chips a row of InferenceX ran on. Its own counts are sometimes wrong: its database wrote
// TP x EP where experts share the ranks of TP, and its first disaggregated rows have the chips of
// the whole deployment in both roles.
//
// Two laws decide between the counts that a row allows. The rates of the roles must add up to the
// total (law 5), which gives the roles' proportion; and in a closed loop requests in flight are
// throughput x time in the system (Little, law 3), which gives the size, to a few per cent, so that
// a factor of 2 is plain.
//
// The published rate per chip is right all the same: it was divided by the true count before the
// database made up its own. So a corrected count changes the deployment's rates, not those per
// chip.
//
// Private to ingest. Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>

#include "results/ingest/inferencex_record.h"

namespace roofscape::ingest::inferencex {

struct Chips {
  std::int64_t all = 0;
  std::int64_t prefill = 0;  // Disaggregated rows only.
  std::int64_t decode = 0;
  bool role_local = false;  // Input was published per prefill chip, output per decode chip.
  bool agree = true;        // The rates add up.
  bool corrected = false;   // Not as published.
  /// Throughput x time / requests in flight: about 0.976 in these runs. Missing: cannot be known.
  std::optional<double> little;
};

/// For rows without rates, of which no law decides: TP x PP x context parallelism x workers where
/// the published count is that times EP, else the published count, else the ranks.
Chips CountWithoutRates(const Record& record, bool disaggregated);

/// REQUIRES: the record has a total rate per chip, or one of the deployment.
Chips CountChips(const Record& record, bool disaggregated, bool agentic);

}  // namespace roofscape::ingest::inferencex
