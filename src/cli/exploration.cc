#include "cli/exploration.h"

#include <cstddef>

#include <fmt/format.h>

namespace roofscape::cli {

std::optional<Verdict> VerdictOf(const Exploration& e) {
  constexpr double kTargetSlack = 1.05;
  constexpr double kBetter = 1.03;
  if (e.confirmed.empty() || !e.confirmed[0]) return {};
  const double limit = kTargetSlack / e.interactivity_tps;
  const Confirmation& winner = *e.confirmed[0];
  if (winner.tpot_s > limit) {
    return Verdict{false,
                   fmt::format("not confirmed: in the simulator the first gives a user {:.1f} "
                               "tokens/s",
                               1.0 / winner.tpot_s)};
  }
  std::size_t better = 0;
  for (std::size_t i = 1; i < e.confirmed.size(); ++i) {
    if (!e.confirmed[i] || e.confirmed[i]->tpot_s > limit) continue;
    if (e.confirmed[i]->value > e.confirmed[better]->value) better = i;
  }
  const double gain = e.confirmed[better]->value / winner.value;
  if (gain > kBetter) {
    return Verdict{false,
                   fmt::format("not confirmed: in the simulator number {} gives {:.0f} % more "
                               "than the first",
                               better + 1, 100.0 * (gain - 1.0))};
  }
  return Verdict{true, "confirmed: the simulator, too, finds none of these better than the first"};
}

}  // namespace roofscape::cli
