#include "model/codesign/search.h"

#include <algorithm>

#include "model/codesign/bound.h"
#include "model/codesign/top_list.h"

namespace roofscape::codesign {
namespace {

/// What one thread does at a time: a worker alone, or a pair that prefill and decode make.
struct Item {
  std::uint32_t family = 0;
  std::uint32_t serve = 0;
  std::int32_t prefill = kNoPrefill;
};

using Lists = std::vector<TopList>;  // One a level, or one a level and family.

struct Job {
  const Space& space;
  const Goal& goal;
  bool prune;
  std::vector<double> tpot_limits_s;
  std::vector<std::vector<WorkerBound>> bounds;  // By family and worker.
  std::vector<double> thresholds;                // By list; fixed while items are worked on.

  std::size_t ListOf(std::size_t level, std::uint32_t family) const {
    return goal.each_family ? level * space.families.size() + family : level;
  }
};

/// What rounds to less than a value by a billionth is not below it.
bool Below(double bound, double threshold) { return bound < threshold * (1.0 - 1e-9); }

class ItemSearch {
 public:
  ItemSearch(const Job& job, const Item& item, Lists& lists, std::uint64_t& evaluated)
      : job_(job),
        space_(job.space),
        family_(job.space.families[item.family]),
        item_(item),
        lists_(lists),
        evaluated_(evaluated),
        serve_(job.bounds[item.family][item.serve]) {
    plan_ = {item.family, item.serve, item.prefill, 1, item.prefill == kNoPrefill ? 0 : 1};
  }

  void Run() {
    const double tokens = space_.lengths.input + space_.lengths.output;
    if (item_.prefill == kNoPrefill) return Aggregated(tokens);
    Disaggregated(tokens);
  }

 private:
  void Aggregated(double tokens) {
    if (job_.prune && serve_.least_ttft_s > job_.goal.ttft_limit_s) return;
    SetLevels([](std::size_t) { return true; });
    const std::int64_t chips = family_.workers[item_.serve].chips;
    const double streams = perf::Streams(family_.workers[item_.serve].lowered);
    service_ = ServiceOf(space_, plan_);
    for (std::int64_t replicas = 1; replicas * chips <= family_.most; ++replicas) {
      plan_.serve_workers = replicas;
      service_.serve.workers = static_cast<double>(replicas);
      const double batches = service_.serve.workers * streams;
      const double spent = static_cast<double>(replicas * chips) * family_.weight;
      for (const double n : space_.concurrencies) {
        const double inside =
            std::max(batches, std::min(n, service_.serve.workers * serve_.admitted));
        const double most = inside / serve_.least_ttft_s * tokens / spent;
        if (job_.prune && !Reaches(most)) continue;
        Compute(n);
      }
    }
  }

  void Disaggregated(double tokens) {
    const WorkerBound& prefill = job_.bounds[item_.family][static_cast<std::size_t>(item_.prefill)];
    const auto& workers = family_.workers;
    const auto prefill_chips =
        static_cast<double>(workers[static_cast<std::size_t>(item_.prefill)].chips);
    const auto serve_chips = static_cast<double>(workers[item_.serve].chips);
    const double output = space_.lengths.output;
    const double prompts = prefill.prompts_a_second * output / std::max(output - 1.0, 1e-9);
    if (job_.prune && prefill.least_ttft_s > job_.goal.ttft_limit_s) return;
    // No numbers of workers spend less for a request than those at which both sides keep up.
    SetLevels([&](std::size_t level) {
      if (serve_.least_tpot_s > job_.tpot_limits_s[level]) return false;
      const double decodes = serve_.requests_a_second[level];
      if (decodes <= 0.0) return false;
      const double spent = (prefill_chips / prompts + serve_chips / decodes) * family_.weight;
      return !Below(tokens / spent, Threshold(level));
    });
    if (levels_.empty()) return;
    service_ = ServiceOf(space_, plan_);
    const double fastest = prefill.least_ttft_s + serve_.least_tpot_s * std::max(output - 1.0, 0.0);
    const auto most = static_cast<double>(family_.most);
    for (double p = 1.0; p * prefill_chips + serve_chips <= most; p += 1.0) {
      for (double d = 1.0; p * prefill_chips + d * serve_chips <= most; d += 1.0) {
        const double each = tokens / ((p * prefill_chips + d * serve_chips) * family_.weight);
        Pools(p, d, p * prompts, fastest, each);
      }
    }
  }

  /// All loads of so many prefill and decode workers. `each`: the value of a request a second.
  void Pools(double p, double d, double prompts, double fastest, double each) {
    const auto reaches = [&](double requests) {
      return std::any_of(levels_.begin(), levels_.end(), [&](std::size_t level) {
        const double most =
            std::min({requests, prompts, d * serve_.requests_a_second[level]}) * each;
        return !Below(most, Threshold(level));
      });
    };
    if (job_.prune && !reaches(prompts)) return;
    plan_.prefill_workers = static_cast<std::int64_t>(p);
    plan_.serve_workers = static_cast<std::int64_t>(d);
    service_.prefill.workers = p;
    service_.serve.workers = d;
    for (const double n : space_.concurrencies) {
      if (n > d * serve_.admitted) break;  // HoldsAll().
      if (job_.prune && !reaches(n / fastest)) continue;
      Compute(n);
    }
  }

  double Threshold(std::size_t level) const {
    return job_.thresholds[job_.ListOf(level, item_.family)];
  }

  /// The levels at which this item could be among the best.
  template <class Possible>
  void SetLevels(Possible possible) {
    levels_.clear();
    for (std::size_t i = 0; i < job_.tpot_limits_s.size(); ++i) {
      if (!job_.prune || possible(i)) levels_.push_back(i);
    }
  }

  bool Reaches(double most) const {
    return std::any_of(levels_.begin(), levels_.end(),
                       [&](std::size_t level) { return !Below(most, Threshold(level)); });
  }

  void Compute(double concurrency) {
    ++evaluated_;
    perf::Load load = space_.lengths;
    load.concurrency = concurrency;
    const auto point = perf::MeanField(service_, family_.coefficients, load);
    if (point.ttft > job_.goal.ttft_limit_s) return;
    const double value = ValueOf(family_, ChipsOf(space_, plan_), load, point.ttft, point.tpot);
    const Option option{plan_, concurrency, point.ttft, point.tpot, value};
    for (const std::size_t level : levels_) {
      if (point.tpot > job_.tpot_limits_s[level]) continue;
      if (Below(value, Threshold(level))) continue;
      lists_[job_.ListOf(level, item_.family)].Add(space_, option);
    }
  }

  const Job& job_;
  const Space& space_;
  const Family& family_;
  const Item item_;
  Lists& lists_;
  std::uint64_t& evaluated_;
  const WorkerBound& serve_;
  Plan plan_;
  perf::Service service_;
  std::vector<std::size_t> levels_;
};

/// Workers alone first: what they reach spares most of the pairs.
std::vector<Item> ItemsOf(const Space& space) {
  std::vector<Item> items;
  for (const bool pairs : {false, true}) {
    for (std::uint32_t f = 0; f < space.families.size(); ++f) {
      const auto& workers = space.families[f].workers;
      for (std::uint32_t s = 0; s < workers.size(); ++s) {
        if (!workers[s].serves) continue;
        if (!pairs && space.aggregated) items.push_back({f, s, kNoPrefill});
        for (std::uint32_t p = 0; pairs && space.disaggregated && p < workers.size(); ++p) {
          if (workers[p].chips + workers[s].chips > space.families[f].most) continue;
          if (workers[p].prefills) items.push_back({f, s, static_cast<std::int32_t>(p)});
        }
      }
    }
  }
  return items;
}

/// Plans that an item stands for.
std::uint64_t PlansOf(const Space& space, const Item& item) {
  const Family& family = space.families[item.family];
  const std::int64_t serve = family.workers[item.serve].chips;
  if (item.prefill == kNoPrefill) return static_cast<std::uint64_t>(family.most / serve);
  const std::int64_t prefill = family.workers[static_cast<std::size_t>(item.prefill)].chips;
  std::uint64_t plans = 0;
  for (std::int64_t p = prefill; p + serve <= family.most; p += prefill) {
    plans += static_cast<std::uint64_t>((family.most - p) / serve);
  }
  return plans;
}

void SetBounds(Job& job, const ParallelFor& parallel) {
  for (const Family& family : job.space.families) {
    std::vector<WorkerBound> bounds(family.workers.size());
    parallel(bounds.size(), [&](std::size_t i, unsigned) {
      bounds[i] = BoundOf(job.space, family, family.workers[i], job.tpot_limits_s);
    });
    job.bounds.push_back(std::move(bounds));
  }
}

void OneAfterTheOther(std::size_t count, const Work& work) {
  for (std::size_t i = 0; i < count; ++i) work(i, 0);
}

Lists EmptyLists(const Job& job) {
  const std::size_t copies = job.goal.each_family ? job.space.families.size() : 1;
  Lists lists;
  for (const Level& level : job.goal.levels) lists.insert(lists.end(), copies, TopList(level.keep));
  return lists;
}

/// Of one level, the best first.
std::vector<Option> Together(const Job& job, const Lists& lists, std::size_t level) {
  if (!job.goal.each_family) return lists[level].options();
  std::vector<Option> all;
  for (std::uint32_t f = 0; f < job.space.families.size(); ++f) {
    const auto& options = lists[job.ListOf(level, f)].options();
    all.insert(all.end(), options.begin(), options.end());
  }
  std::sort(all.begin(), all.end(),
            [&](const Option& a, const Option& b) { return Better(job.space, a, b); });
  return all;
}

}  // namespace

Found Search(const Space& space, const Goal& goal, const SearchOptions& options) {
  Job job{space, goal, options.prune, {}, {}, {}};
  for (const Level& level : goal.levels) job.tpot_limits_s.push_back(1.0 / level.interactivity_tps);
  const unsigned workers = options.parallel ? std::max(options.workers, 1U) : 1U;
  const ParallelFor parallel = options.parallel ? options.parallel : OneAfterTheOther;
  SetBounds(job, parallel);
  const std::vector<Item> items = ItemsOf(space);
  Found found;
  for (const Item& item : items) found.plans += PlansOf(space, item);
  found.configurations = found.plans * space.concurrencies.size();
  Lists best = EmptyLists(job);
  job.thresholds.assign(best.size(), 0.0);
  std::vector<Lists> own(workers, EmptyLists(job));
  std::vector<std::uint64_t> evaluated(workers, 0);
  // In rounds: what was found in the earlier ones is known to all, so that what is computed does
  // not depend on who was faster.
  std::size_t round = 32;
  for (std::size_t done = 0; done < items.size();
       done += round, round = std::min(round * 2, 4096UL)) {
    const std::size_t count = std::min(round, items.size() - done);
    parallel(count, [&](std::size_t i, unsigned worker) {
      ItemSearch(job, items[done + i], own[worker], evaluated[worker]).Run();
    });
    for (std::size_t i = 0; i < best.size(); ++i) {
      for (Lists& lists : own) {
        best[i].Add(space, lists[i]);
        lists[i].Clear();
      }
      if (options.prune) job.thresholds[i] = best[i].threshold();
    }
  }
  for (std::size_t level = 0; level < goal.levels.size(); ++level) {
    found.levels.push_back(Together(job, best, level));
  }
  for (const std::uint64_t n : evaluated) found.evaluated += n;
  return found;
}

}  // namespace roofscape::codesign
