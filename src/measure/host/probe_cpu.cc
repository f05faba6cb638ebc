#include "measure/host/probe_cpu.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "base/core/rng.h"
#include "measure/host/host_facts.h"
#include "measure/host/thread_team.h"

namespace roofscape::host {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr double kMB = 1e6;

/// The part `index` of `count` things in `parts`, as begin and end, in multiples of `grain`.
std::pair<std::int64_t, std::int64_t> Share(std::int64_t count, std::int64_t grain, int index,
                                            int parts) {
  const std::int64_t grains = count / grain;
  const auto cut = [&](int i) { return i == parts ? count : grains * i / parts * grain; };
  return {cut(index), cut(index + 1)};
}

std::vector<float> RandomNumbers(Rng& rng, std::int64_t count) {
  std::vector<float> numbers(static_cast<std::size_t>(count));
  for (float& number : numbers) number = static_cast<float>(rng.Uniform() * 2 - 1);
  return numbers;
}

class CpuMeter {
 public:
  CpuMeter(const CpuPlan& plan, const KernelSet& kernels, const Blas* blas, ProbePace& pace,
           CpuReadings& out)
      : plan_(&plan), kernels_(&kernels), blas_(blas), pace_(&pace), out_(&out) {
    for (const std::int64_t threads : plan.threads) {
      teams_.push_back(std::make_unique<ThreadTeam>(static_cast<int>(threads)));
    }
  }

  void Run() {
    for (const auto& team : teams_) MeasureLaunch(*team);
    for (const ReadPoint& point : plan_->reads) MeasureReading(point);
    for (const ProductGroup& group : plan_->products) MeasureGroup(group);
  }

 private:
  ThreadTeam& TeamOf(std::int64_t threads) {
    for (const auto& team : teams_) {
      if (team->threads() == threads) return *team;
    }
    return *teams_.front();
  }

  static TimeOfWork TimeFor(const ThreadTeam& team) {
    return team.threads() == 1 ? TimeOfWork::kThread : TimeOfWork::kClock;
  }

  void MeasureLaunch(ThreadTeam& team) {
    // What one thread would do is a call through a pointer, which the optimiser must not see.
    const std::function<void(int)> nothing = [this](int) { Touch(); };
    const auto times = pace_->Repeat(
        fmt::format("launch, {} threads", team.threads()), [&] { team.Run(nothing); },
        TimeFor(team));
    if (!times.empty()) out_->launches.push_back({team.threads(), TimeOf(1e-6, times)});
  }

  void MeasureReading(const ReadPoint& point) {
    ThreadTeam& team = TeamOf(point.threads);
    constexpr std::int64_t kGrain = 128;  // KernelSet::read
    const std::int64_t count = point.set_bytes / std::int64_t{sizeof(float)};
    const auto numbers = std::make_unique_for_overwrite<float[]>(static_cast<std::size_t>(count));
    const auto of_thread = [&](int index) {
      const auto [begin, end] = Share(count, kGrain, index, team.threads());
      return std::span<float>(numbers.get() + begin, static_cast<std::size_t>(end - begin));
    };
    // Who reads a page writes it first: it then lies in that processor's memory.
    team.Run([&](int index) { std::ranges::fill(of_thread(index), 1.0F); });
    // A part at a time: the shorter a repeat, the likelier is one that nothing disturbed.
    constexpr std::int64_t kParts = 16;
    const std::int64_t part = count / team.threads() / kParts / kGrain * kGrain;
    std::vector<float> sums(static_cast<std::size_t>(team.threads()) * kSpacing);
    std::int64_t next = 0;
    const std::function<void(int)> work = [&](int index) {
      sums[static_cast<std::size_t>(index) * kSpacing] =
          kernels_->read(of_thread(index).data() + next * part, part);
    };
    const double mb = static_cast<double>(point.set_bytes) / kMB;
    const auto times = pace_->Repeat(
        fmt::format("reading {:.0f} MB, {} threads", mb, point.threads),
        [&] {
          team.Run(work);
          next = (next + 1) % kParts;
        },
        TimeFor(team));
    if (times.empty()) return;
    const double gb = 4e-9 * static_cast<double>(part * team.threads());
    out_->reads.push_back({point.threads, mb, RateOf(gb, times)});
  }

  void MeasureGroup(const ProductGroup& group) {
    const bool blas = blas_ != nullptr && group.type == WeightType::kF32;
    if (pace_->stopped()) {
      pace_->LeaveOut((blas ? 2 : 1) * std::ssize(group.m) * std::ssize(plan_->threads));
      return;
    }
    Rng rng(kSeed);
    Prepare(group, rng);
    for (const std::int64_t m : group.m) {
      for (const std::int64_t threads : plan_->threads) {
        MeasureProduct(group, m, threads);
        if (blas) MeasureBlas(group, m, threads);
      }
    }
  }

  /// Copies of one matrix one after another, and inputs for the most tokens.
  void Prepare(const ProductGroup& group, Rng& rng) {
    const std::vector<float> row = RandomNumbers(rng, group.k);
    const std::vector<std::byte> packed = PackWeights(group.type, row);
    const auto rows = group.copies * group.n;
    weights_ =
        std::make_unique_for_overwrite<std::byte[]>(static_cast<std::size_t>(rows) * packed.size());
    ThreadTeam& team = *teams_.back();
    team.Run([&](int index) {
      // By rows of each copy, as the products divide them.
      const auto [begin, end] = Share(group.n, 1, index, team.threads());
      for (std::int64_t i = 0; i < group.copies; ++i) {
        for (std::int64_t r = i * group.n + begin; r < i * group.n + end; ++r) {
          std::memcpy(weights_.get() + static_cast<std::size_t>(r) * packed.size(), packed.data(),
                      packed.size());
        }
      }
    });
    const std::int64_t m = *std::max_element(group.m.begin(), group.m.end());
    x_ = RandomNumbers(rng, m * group.k);
    y_.assign(static_cast<std::size_t>(m * group.n), 0);
    bytes_.resize(x_.size());
    scales_.resize(x_.size() / kWeightsPerBlock);
    next_copy_ = 0;
  }

  const std::byte* NextCopy(const ProductGroup& group) {
    const std::int64_t at = next_copy_ * WeightBytes(group.type, group.n * group.k);
    next_copy_ = (next_copy_ + 1) % group.copies;
    return weights_.get() + at;
  }

  void MeasureProduct(const ProductGroup& group, std::int64_t m, std::int64_t threads) {
    ThreadTeam& team = TeamOf(threads);
    const auto product = kernels_->product[static_cast<std::size_t>(group.type)];
    const bool quantised = group.type == WeightType::kQ8_0 || group.type == WeightType::kQ4_0;
    MatrixProduct p{nullptr, m,         group.n,       group.k,        0,
                    group.n, x_.data(), bytes_.data(), scales_.data(), y_.data()};
    const std::function<void(int)> part = [&](int index) {
      MatrixProduct mine = p;
      std::tie(mine.first_row, mine.end_row) = Share(group.n, 1, index, team.threads());
      product(mine);
    };
    const auto times = pace_->Repeat(
        Title(group, m, threads, ""),
        [&] {
          if (quantised) QuantiseInputs(x_.data(), m * group.k, bytes_.data(), scales_.data());
          p.weights = NextCopy(group);
          team.Run(part);
        },
        TimeFor(team));
    Keep(group, m, threads, fmt::format("roofscape {}", kernels_->name), times);
  }

  void MeasureBlas(const ProductGroup& group, std::int64_t m, std::int64_t threads) {
    blas_->SetThreads(threads);
    const auto times = pace_->Repeat(Title(group, m, threads, blas_->name()), [&] {
      const auto* weights = reinterpret_cast<const float*>(NextCopy(group));
      blas_->Product(m, group.n, group.k, x_.data(), weights, y_.data());
    });
    Keep(group, m, threads, blas_->name(), times);
  }

  static std::string Title(const ProductGroup& group, std::int64_t m, std::int64_t threads,
                           const std::string& library) {
    return fmt::format("{} m={} n={} k={}, {} threads {}", Name(group.type), m, group.n, group.k,
                       threads, library);
  }

  void Keep(const ProductGroup& group, std::int64_t m, std::int64_t threads, std::string library,
            const std::vector<double>& times) {
    if (times.empty()) return;
    const double gflop = 2e-9 * static_cast<double>(m * group.n * group.k);
    out_->products.push_back({std::string(Name(group.type)), std::move(library), m, group.n,
                              group.k, threads, static_cast<double>(group.set_bytes()) / kMB,
                              RateOf(gflop, times)});
  }

  void Touch() { touched_.fetch_add(0, std::memory_order_relaxed); }

  static constexpr std::size_t kSpacing = 32;  // Numbers between sums of threads: two cache lines.

  const CpuPlan* plan_;
  const KernelSet* kernels_;
  const Blas* blas_;
  ProbePace* pace_;
  CpuReadings* out_;
  std::vector<std::unique_ptr<ThreadTeam>> teams_;
  std::unique_ptr<std::byte[]> weights_;
  std::vector<float> x_, y_, scales_;
  std::vector<std::int8_t> bytes_;
  std::int64_t next_copy_ = 0;
  std::atomic<int> touched_{0};
};

std::string VendorOf(const std::string& name) {
  for (const char* const vendor : {"AMD", "Intel", "Ampere", "NVIDIA"}) {
    if (name.find(vendor) != std::string::npos) return vendor;
  }
  return "unknown";
}

}  // namespace

std::int64_t UsableProcessors() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  return std::max(1, CPU_COUNT(&allowed));
}

std::int64_t MemoryBytes() {
  return std::int64_t{sysconf(_SC_PHYS_PAGES)} * std::int64_t{sysconf(_SC_PAGESIZE)};
}

CpuReadings DescribeCpu(std::int64_t processors, const std::vector<CpuCache>& caches) {
  CpuReadings cpu;
  const auto facts = HostFacts();
  const auto name = facts.find("cpu");
  cpu.name = name == facts.end() ? "unknown processor" : name->second;
  cpu.vendor = VendorOf(cpu.name);
  cpu.processors = processors;
  cpu.memory_gb = static_cast<double>(MemoryBytes()) / 1e9;
  if (!caches.empty()) {
    const CpuCache& last = caches.back();
    cpu.last_cache_mb = static_cast<double>(last.bytes * last.instances) / kMB;
  }
  return cpu;
}

void MeasureCpu(const CpuPlan& plan, const KernelSet& kernels, const Blas* blas, ProbePace& pace,
                CpuReadings& out) {
  out.kernels = kernels.name;
  CpuMeter(plan, kernels, blas, pace, out).Run();
}

}  // namespace roofscape::host
