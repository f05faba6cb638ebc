#include "cli/simulated_rows.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "cli/corrected_cluster.h"
#include "model/sim/run.h"
#include "model/sim/workloads.h"

namespace roofscape::cli {
namespace {

constexpr std::int64_t kRequestsEach = 10;
constexpr std::uint64_t kSeed = 1;

class Means final : public sim::Observer {
 public:
  /// Of requests from that number on.
  explicit Means(std::int64_t first) : first_(first) {}
  void OnTokens(std::int64_t, std::span<const sim::TokenEvent>) override {}
  void OnCompletion(const sim::Completion& c) override {
    if (c.refused || c.id < first_) return;
    begin_ns_ = std::min(begin_ns_, c.arrival_ns);
    end_ns_ = std::max(end_ns_, c.end_ns);
    ttft_ns_ += static_cast<double>(c.first_token_ns - c.arrival_ns);
    tokens_ += static_cast<double>(c.input + c.output);
    ++requests_;
    if (c.output < 2) return;
    tpot_ns_ +=
        static_cast<double>(c.end_ns - c.first_token_ns) / static_cast<double>(c.output - 1);
    ++with_tpot_;
  }

  bool any() const { return requests_ > 0 && with_tpot_ > 0; }
  double ttft_s() const { return ttft_ns_ * 1e-9 / static_cast<double>(requests_); }
  double tpot_s() const { return tpot_ns_ * 1e-9 / static_cast<double>(with_tpot_); }
  double tokens_a_second() const {
    return tokens_ / (static_cast<double>(end_ns_ - begin_ns_) * 1e-9);
  }

 private:
  std::int64_t first_;
  std::int64_t begin_ns_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t end_ns_ = 0;
  double ttft_ns_ = 0.0;
  double tpot_ns_ = 0.0;
  double tokens_ = 0.0;
  std::int64_t requests_ = 0;
  std::int64_t with_tpot_ = 0;
};

/// Users who begin one after the other, spread over the time of a request, and go on as a closed
/// loop does.
class Staggered final : public sim::RequestSource {
 public:
  Staggered(std::int64_t input, std::int64_t output, std::int64_t users, double over_s)
      : input_(input), output_(output), requests_(users * kRequestsEach) {
    for (std::int64_t i = users; i-- > 0;) {
      const double share = static_cast<double>(i) / static_cast<double>(users);
      free_.push_back({i, std::llround(over_s * 1e9 * share)});
    }
  }
  std::optional<sim::Ask> Next() override {
    if (free_.empty() || sent_ == requests_) return std::nullopt;
    sim::Ask ask;
    ask.id = sent_++;
    ask.at_ns = free_.back().second;
    ask.input = input_;
    ask.output = output_;
    ask.tag = free_.back().first;
    free_.pop_back();
    return ask;
  }
  void OnEnd(const sim::Completion& c) override { free_.push_back({c.tag, c.end_ns}); }
  bool closed() const override { return true; }

 private:
  std::int64_t input_;
  std::int64_t output_;
  std::int64_t requests_;
  std::int64_t sent_ = 0;
  std::vector<std::pair<std::int64_t, std::int64_t>> free_;  // User, and from when on.
};

/// The same share above and below another value.
calibrate::Figure Moved(const calibrate::Figure& figure, double value) {
  const double by = value / figure.value;
  return {value, figure.low80 * by, figure.high80 * by};
}

Result<sim::Cluster> ClusterOf(const RowWorld& world, const calibrate::ServingRow& row,
                               const calibrate::Case& c, const calibrate::Model& model) {
  RS_ASSIGN_OR_RETURN(const catalog::Chip* chip, catalog::FindChip(world.catalog, row.chip));
  const sim::EnginePolicy policy = sim::DefaultPolicy(c.setting.engine, *chip);
  RS_ASSIGN_OR_RETURN(sim::Cluster cluster,
                      sim::MakeCluster(c.service, model.CoefficientsOf(c), policy));
  if (world.corrected) {
    RS_RETURN_IF_ERROR(CorrectCluster(world.catalog, row, model, world.kernels, cluster));
  }
  return cluster;
}

/// Means of requests from number `first` on. An error where one can never be served.
Result<Means> Play(const sim::Cluster& cluster, sim::RequestSource& source, std::int64_t first) {
  sim::RunOptions run;
  run.seed = kSeed;
  run.detail = sim::Detail::kRequests;
  Means means(first);
  const sim::RunEnd end = sim::RunWorkload(cluster, source, means, run);
  if (end.refused == 0 && means.any()) return means;
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("{} requests can never be served", end.refused)};
}

/// TTFT, TPOT, tokens a second.
struct Played {
  double ttft_s = 0.0;
  double tpot_s = 0.0;
  double tokens_a_second = 0.0;
};

/// InferenceX: all at once, lengths that spread.
Result<Played> PlayBurst(const sim::Cluster& cluster, const calibrate::ServingRow& row) {
  const auto users = static_cast<std::int64_t>(std::llround(row.concurrency));
  spec::Workload workload;
  workload.input = {std::llround(row.input), row.length_low};
  workload.output = {std::llround(row.output), row.length_low};
  sim::ClosedLoop source(workload, users, users * kRequestsEach, kSeed);
  RS_ASSIGN_OR_RETURN(const Means means, Play(cluster, source, 0));
  return Played{means.ttft_s(), means.tpot_s(), means.tokens_a_second()};
}

/// Fixed lengths: users who began at once stay in step for ever. Rows of engines that take prompts
/// first look so; those of others have half the TTFT of that: there one request of each user is a
/// burst, and the others are of users out of step.
Result<Played> PlayFixed(const sim::Cluster& cluster, const calibrate::Case& c, double e2e_s) {
  const auto users = static_cast<std::int64_t>(std::llround(c.load.concurrency));
  const std::int64_t input = std::llround(c.load.input);
  const std::int64_t output = std::llround(c.load.output);
  spec::Workload workload;
  workload.input = {input, 1.0};
  workload.output = {output, 1.0};
  const std::int64_t in_step = cluster.policy.prompts_first ? kRequestsEach : 1;
  sim::ClosedLoop burst(workload, users, users * in_step, kSeed);
  RS_ASSIGN_OR_RETURN(const Means first, Play(cluster, burst, 0));
  if (in_step > 1) return Played{first.ttft_s(), first.tpot_s(), first.tokens_a_second()};
  Staggered staggered(input, output, users, e2e_s);
  RS_ASSIGN_OR_RETURN(const Means rest, Play(cluster, staggered, users));
  constexpr double kFirst = 1.0 / kRequestsEach;
  return Played{rest.ttft_s() + kFirst * (first.ttft_s() - rest.ttft_s()),
                rest.tpot_s() + kFirst * (first.tpot_s() - rest.tpot_s()), rest.tokens_a_second()};
}

}  // namespace

Result<calibrate::Prediction> SimulateRow(const RowWorld& world, const calibrate::ServingRow& row,
                                          const calibrate::Case& c, const calibrate::Model& model) {
  if (c.own) {
    return Error{ErrorCode::kInvalidArgument, "a processor that measured itself is not simulated"};
  }
  RS_ASSIGN_OR_RETURN(const sim::Cluster cluster, ClusterOf(world, row, c, model));
  calibrate::Prediction out = model.Predict(c);
  const double e2e_s = out.ttft_s.value + out.tpot_s.value * c.load.output;
  const bool burst = c.setting.protocol == perf::kBurstProtocol;
  RS_ASSIGN_OR_RETURN(const Played played,
                      burst ? PlayBurst(cluster, row) : PlayFixed(cluster, c, e2e_s));
  out.ttft_s = Moved(out.ttft_s, played.ttft_s);
  out.tpot_s = Moved(out.tpot_s, played.tpot_s);
  out.tput_per_chip = Moved(out.tput_per_chip, played.tokens_a_second / c.chips);
  return out;
}

std::vector<calibrate::Judged> SimulateRows(const RowWorld& world, const CalibrationRows& rows,
                                            const calibrate::Model& model,
                                            const std::vector<char>& held,
                                            std::vector<calibrate::BadRow>& bad) {
  std::vector<calibrate::Judged> judged;
  for (std::size_t i = 0; i < rows.cases.size(); ++i) {
    if (!held[i]) continue;
    const calibrate::Case& c = rows.cases[i];
    const calibrate::ServingRow& row = rows.rows.rows[c.row];
    auto simulated = SimulateRow(world, row, c, model);
    if (!simulated) {
      bad.push_back({row.index, simulated.error().message});
      continue;
    }
    judged.push_back({&c, row.tput_per_chip, *std::move(simulated)});
  }
  return judged;
}

}  // namespace roofscape::cli
