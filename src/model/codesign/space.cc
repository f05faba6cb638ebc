#include "model/codesign/space.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace roofscape::codesign {
namespace {

Error Wrong(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

/// Sorted, each once.
template <class T, class Key>
std::vector<T> InOrder(std::vector<T> values, Key key) {
  std::stable_sort(values.begin(), values.end(),
                   [&](const T& a, const T& b) { return key(a) < key(b); });
  const auto same = [&](const T& a, const T& b) { return key(a) == key(b); };
  values.erase(std::unique(values.begin(), values.end(), same), values.end());
  return values;
}

Result<> Check(const Wish& wish) {
  if (wish.model == nullptr || wish.chips.empty() || wish.engines.empty() ||
      wish.precisions.empty() || wish.token_budgets.empty() || wish.concurrencies.empty()) {
    return Wrong("a search needs a model, a chip, an engine, a precision, a budget and a load");
  }
  if (!wish.aggregated && !wish.disaggregated) {
    return Wrong("neither aggregated nor disaggregated deployments are allowed: allow one");
  }
  if (wish.drafts > 0.0 && wish.model->mtp_layers.value_or(0) == 0) {
    return Wrong(fmt::format("model '{}' was released without draft layers: leave drafts out",
                             wish.model->entry.id));
  }
  std::set<std::string> chips;
  for (const ChipOption& chip : wish.chips) {
    if (chips.insert(chip.machine.chip).second) continue;
    return Wrong(fmt::format("chip '{}' is given twice: leave one out", chip.machine.chip));
  }
  for (const double n : wish.concurrencies) {
    if (!(n >= 1.0)) return Wrong(fmt::format("{} requests in flight: give 1 or more", n));
  }
  return {};
}

/// A chip without units for a format can still keep weights in it, where engines have kernels that
/// unpack it: for what the model was released in.
bool Offers(const perf::Machine& machine, perf::Precision precision, perf::Precision released) {
  if (precision == perf::Precision::kBf16 || precision == released) return true;
  return perf::PeakFlops(machine, precision) > perf::PeakFlops(machine, perf::Precision::kBf16);
}

bool RunsOn(const EngineOption& engine, const ChipOption& chip) {
  const auto& makers = engine.makers;
  return makers.empty() || std::find(makers.begin(), makers.end(), chip.maker) != makers.end();
}

/// Every layout of one worker on at most so many chips.
template <class Visit>
void EachLayout(std::int64_t most, std::int64_t most_stages, Visit visit) {
  for (std::int64_t pp = 1; pp <= std::min(most, most_stages); ++pp) {
    for (std::int64_t group = 1; group * pp <= most; ++group) {
      for (std::int64_t dp = 1; group * dp * pp <= most; ++dp) {
        for (std::int64_t ep = 1; ep <= group * dp; ++ep) {
          if (group * dp % ep != 0) continue;
          visit(perf::Layout{static_cast<double>(group * dp * pp), static_cast<double>(dp),
                             static_cast<double>(ep), static_cast<double>(pp)});
        }
      }
    }
  }
}

class Builder {
 public:
  Builder(const Wish& wish, perf::KernelBook* book, Space& space)
      : wish_(wish), book_(book), space_(space) {}

  Result<> Add(const ChipOption& chip, const EngineOption& engine, const std::string& precision) {
    RS_ASSIGN_OR_RETURN(const perf::Formats formats, perf::FormatsOf(*wish_.model, precision));
    RS_ASSIGN_OR_RETURN(const perf::Formats released, perf::FormatsOf(*wish_.model, ""));
    Family family;
    family.chip = chip.machine.chip;
    family.machine = chip.machine;
    family.most = chip.most;
    family.weight = chip.weight;
    family.engine = engine.engine;
    family.precision = precision;
    family.formats = formats;
    family.setting = {engine.engine, chip.machine.generation, perf::kBurstProtocol};
    family.coefficients = wish_.coefficients(family.setting);
    std::optional<Refusal> all;  // Of every layout.
    if (!RunsOn(engine, chip)) {
      all = Refusal::kEngine;
    } else if (!wish_.unpacks && !Offers(chip.machine, formats.experts, released.experts)) {
      all = Refusal::kPrecision;
    }
    EachLayout(chip.most, wish_.most_stages, [&](const perf::Layout& layout) {
      ++space_.layouts;
      const auto refusal = all ? all : AddWorker(engine.limits, layout, family);
      if (refusal) Count(*refusal, family, layout);
    });
    if (family.workers.empty()) return {};
    for (const double budget : InOrder(wish_.token_budgets, [](double b) { return b; })) {
      space_.families.push_back(family);
      space_.families.back().token_budget = budget;
    }
    return {};
  }

 private:
  std::optional<Refusal> AddWorker(const EngineLimits& limits, const perf::Layout& layout,
                                   Family& family) {
    const perf::Machine& machine = family.machine;
    const catalog::Model& model = *wish_.model;
    if (const auto refusal = ShapeRefusal(model, machine, limits, layout, family.formats.experts)) {
      return refusal;
    }
    auto lowered = perf::Lower(model, layout, family.formats);
    if (!lowered) return Refusal::kExperts;
    lowered->travel = wish_.travel;
    lowered->graph_tokens = perf::GraphTokensOf(family.engine);
    const double share = family.coefficients[perf::kMemoryShare];
    const auto fits = [&](double tokens) {
      return MemoryRefusal(model, machine, *lowered, share, tokens,
                           perf::PoolRuleOf(family.engine));
    };
    const auto whole = fits(wish_.longest_tokens);
    const auto prompt = fits(wish_.longest_prompt);
    if (whole && prompt) return whole;
    if (book_ != nullptr) {
      lowered->kernels = book_->TimesOf(machine, model, layout, family.formats, family.engine);
    }
    family.workers.push_back(
        {*std::move(lowered), static_cast<std::int64_t>(layout.chips), !whole, !prompt});
    return whole;
  }

  void Count(Refusal refusal, const Family& family, const perf::Layout& layout) {
    RefusalCount& count = space_.refused[static_cast<std::size_t>(refusal)];
    if (count.layouts++ > 0) return;
    constexpr const char* kEngines[perf::kEngineClasses] = {"other", "vllm", "sglang", "trtllm"};
    count.example = fmt::format("{} {} {} {}", family.chip, kEngines[family.engine],
                                perf::Name(family.formats.experts), LayoutText(layout));
  }

  const Wish& wish_;
  perf::KernelBook* book_;
  Space& space_;
};

}  // namespace

std::string LayoutText(const perf::Layout& layout) {
  std::string text = fmt::format("tp {:g}", layout.chips / layout.pp / layout.dp);
  if (layout.dp > 1.0) text += fmt::format(" dp {:g}", layout.dp);
  if (layout.ep > 1.0) text += fmt::format(" ep {:g}", layout.ep);
  if (layout.pp > 1.0) text += fmt::format(" pp {:g}", layout.pp);
  return text;
}

std::vector<double> DefaultConcurrencies(double most) {
  std::vector<double> all;
  for (std::int64_t octave = 1; static_cast<double>(octave) <= most; octave *= 2) {
    for (std::int64_t quarter = 4; quarter < 8; ++quarter) {
      const auto n = static_cast<double>(octave * quarter / 4);
      const bool whole = octave * quarter % 4 == 0;
      if (whole && n <= most) all.push_back(n);
    }
  }
  return all;
}

Result<Space> BuildSpace(const Wish& wish, perf::KernelBook* book) {
  RS_RETURN_IF_ERROR(Check(wish));
  Space space;
  space.concurrencies = InOrder(wish.concurrencies, [](double n) { return n; });
  space.lengths = {1.0, wish.input, wish.output};
  space.drafts = wish.drafts;
  space.aggregated = wish.aggregated;
  space.disaggregated = wish.disaggregated;
  Builder builder(wish, book, space);
  const auto chips = InOrder(wish.chips, [](const ChipOption& c) { return c.machine.chip; });
  const auto engines = InOrder(wish.engines, [](const EngineOption& e) { return e.engine; });
  const auto precisions = InOrder(wish.precisions, [](const std::string& p) { return p; });
  for (const ChipOption& chip : chips) {
    for (const EngineOption& engine : engines) {
      for (const std::string& precision : precisions) {
        RS_RETURN_IF_ERROR(builder.Add(chip, engine, precision));
      }
    }
  }
  return space;
}

}  // namespace roofscape::codesign
