#include "service/study/headline.h"

#include <algorithm>

#include <fmt/format.h>

namespace roofscape::study {
namespace {

/// "kernel_speed" -> "kernel speed"
std::string Words(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

/// "9 %", "0.4 %"
std::string Percent(double share) {
  const double percent = std::max(share, 0.0) * 100.0;
  return percent < 9.95 ? fmt::format("{:.1f} %", percent) : fmt::format("{:.0f} %", percent);
}

/// The move that costs most at a speed.
struct Worst {
  std::size_t from = 0, to = 0, speed = 0;
  double loss = 0.0;
};

Worst WorstMove(const PortabilityTable& t) {
  Worst worst;
  const std::size_t n = t.targets.size();
  for (std::size_t s = 0; s < t.losses.size(); ++s) {
    for (std::size_t i = 0; i < n * n; ++i) {
      const auto& loss = t.losses[s].loss[i];
      if (loss && *loss > worst.loss) worst = {i / n, i % n, s, *loss};
    }
  }
  return worst;
}

}  // namespace

std::string Headline(const AttributionTable& t) {
  std::string text = fmt::format("{} gives {:.3g} times the {} of {}", t.ask.b.name, t.split.gain,
                                 t.spending.name, t.ask.a.name);
  if (t.intervals) {
    text += fmt::format(" (80 %: {:.3g} to {:.3g})", t.intervals->gain.low, t.intervals->gain.high);
  }
  return text + fmt::format(" at {:g} tokens/s for each user.", t.ask.interactivity_tps);
}

std::string Headline(const PortabilityTable& t) {
  const Worst worst = WorstMove(t);
  if (worst.loss <= 0.0) {
    return "The best shape is the same on all of these machines: a move costs nothing.";
  }
  return fmt::format(
      "The dearest move: a model shaped for {} loses {} on {} at {:g} tokens/s for each user.",
      t.targets[worst.from].name, Percent(worst.loss), t.targets[worst.to].name,
      t.space.speeds_tps[worst.speed]);
}

std::string Headline(const MachinesTable& t) {
  std::string text;
  for (const MachinesCase& c : t.cases) {
    const std::size_t last = t.space.speeds_tps.size() - 1;
    std::string fastest = "no machine reaches these speeds";
    for (std::size_t s = last + 1; s > 0; --s) {
      const auto winner = WinnerAt(c, s - 1);
      if (!winner) continue;
      fastest = fmt::format("{:g} tokens/s at most, on {}", t.space.speeds_tps[s - 1],
                            t.targets[*winner].name);
      if (const auto times = TimesSlowest(c, s - 1)) {
        fastest += fmt::format(" at {:.2g} times the price of the slowest speed", *times);
      }
      break;
    }
    // One length tells it; the table has the others.
    const bool first = text.find(c.model + ":") == std::string::npos;
    if (first) text += (text.empty() ? "" : " ") + fmt::format("{}: {}.", c.model, fastest);
  }
  return text;
}

std::string Headline(const FabricsTable& t) {
  const std::size_t middle = t.text.speeds_tps.size() / 2;
  const codesign::Served* best = nullptr;
  const FabricRow* row = nullptr;
  double domain = 0.0;
  for (const FabricRow& r : t.rows) {
    for (std::size_t d = 0; d < r.domains.size(); ++d) {
      const auto& served = r.served[d][middle];
      if (!served || (best != nullptr && served->value <= best->value)) continue;
      best = &*served;
      row = &r;
      domain = r.domains[d];
    }
  }
  if (best == nullptr) return "None of these fabrics reaches the speed.";
  return fmt::format("Most {} at {:g} tokens/s for each user: {}, {:g} chips a domain.",
                     t.spending.name, t.text.speeds_tps[middle], row->name, domain);
}

std::string Headline(const JointTable& t) {
  for (const JointBest& best : t.best) {
    if (!best.usd || best.elasticities.empty() || !best.elasticities[0].value) continue;
    std::string text = fmt::format("At {:g} tokens/s for each user", best.speed_tps);
    for (const codesign::Elasticity& e : best.elasticities) {
      if (e.input == "spent_a_second" || !e.value) continue;  // Trivially -1.
      return text + fmt::format(
                        " one per cent more {} changes tokens/USD by {:+.2f} %, more than "
                        "any other input.",
                        Words(e.input), *e.value);
    }
  }
  return "No chip of the space reaches these speeds.";
}

std::string Headline(const WhatIfTable& t) {
  if (t.then.value <= 0.0) return "The scenario does not reach the speed in any layout.";
  if (t.now.value <= 0.0) return "What is now does not reach the speed; the scenario does.";
  std::string text = fmt::format("The scenario gives {:.3g} times the {} of what is now.",
                                 t.then.value / t.now.value, t.spending.name);
  for (const codesign::Swing& s : t.swings) {
    const WhatIfParameter& p = t.text.parameters[s.parameter];
    if (s.size <= 0.0 || !p.assumed()) continue;
    return text +
           fmt::format(" Of what is assumed, {} decides most.", codesign::Name(p.range.knob));
  }
  return text;
}

}  // namespace roofscape::study
