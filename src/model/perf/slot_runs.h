// How a step of llama.cpp falls apart when each slot keeps a cache of its own: only slots whose
// numbers follow one another share a pass, so that eight users in sixteen slots may cost four or
// five passes for each token. A new request takes the slot that has been idle for the longest time;
// answers of different lengths overtake one another, and what began in order is mixed up after a
// few turns of all slots.
//
// Played out as a sweep finds it, from a fresh server on: 1 user, 2, 4 and so on up to those that
// are asked for. Deterministic. Thread safety: pure function.

#pragma once

#include <cstdint>
#include <vector>

namespace roofscape::perf {

struct SlotLoad {
  std::int64_t slots = 1;
  std::int64_t users = 1;  // Always asking; at most as many as there are slots are served.
  std::int64_t requests_per_user = 20;
  double low = 0.8;           // Lengths lie evenly between this share and the whole,
  double answer_tokens = 64;  // which is this.
};

/// Mean number of runs of each length: [k - 1] runs of k slots. k x runs add up to nearly
/// the users who are served: between two answers a user has no slot. Slots and users below 1 count
/// as 1.
std::vector<double> SlotRuns(const SlotLoad& load);

}  // namespace roofscape::perf
