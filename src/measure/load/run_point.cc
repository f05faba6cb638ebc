#include "measure/load/run_point.h"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <limits>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/net/address.h"
#include "base/net/reactor.h"
#include "domain/workload/arrivals.h"
#include "measure/host/host_facts.h"
#include "measure/load/audit.h"
#include "measure/load/closed_loop.h"
#include "measure/load/course.h"
#include "measure/load/open_loop.h"
#include "measure/load/request_pipeline.h"
#include "measure/load/wire_stamps.h"
#include "measure/load/wire_tap.h"

namespace roofscape::load {
namespace {

using namespace std::chrono_literals;

// Descriptors beside the connections: store, log, epoll, timers, libraries.
constexpr std::int64_t kSpareDescriptors = 32;
constexpr Nanos kBeforeBegin = 2ms;
constexpr Nanos kDefaultE2e = 1s;
// Half of the local ports that Linux has for one server address by default.
constexpr std::int64_t kMaxAhead = 14'000;
constexpr std::int64_t kScheduleBytes = std::int64_t{2} << 30;
constexpr Nanos kBuildAhead = 100ms;
constexpr Nanos kBuildSchedule = 5min;

/// Where the loops wait for each other: they all begin at one moment.
class StartGate {
 public:
  StartGate(std::int64_t loops, const Clock& clock) : missing_(loops), clock_(clock) {}

  Instant Wait() {
    std::unique_lock lock(mutex_);
    if (--missing_ == 0) {
      begin_ = clock_.Now() + kBeforeBegin;
      all_here_.notify_all();
    }
    all_here_.wait(lock, [this] { return missing_ == 0; });
    return begin_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_here_;
  std::int64_t missing_;
  Instant begin_;
  const Clock& clock_;
};

/// Each piece is freed as soon as it is in the log: a long run has many.
void Join(std::vector<spec::RequestLog>& pieces, spec::RequestLog& log) {
  for (spec::RequestLog& piece : pieces) {
    log.Append(piece);
    piece = {};
  }
}

Result<std::unique_ptr<WireTap>> TapOf(const net::Endpoint& endpoint, const Clock& clock) {
  if (endpoint.tls != nullptr) {
    return Error{ErrorCode::kInvalidArgument,
                 "--wire: the tap cannot see events inside TLS: leave it out, or measure http://"};
  }
  return WireTap::Start(endpoint, clock);
}

/// Tried on a thread of its own, as it changes the thread.
Result<> CanPin(const std::vector<std::int64_t>& cpus) {
  Result<> outcome;
  std::thread trial([&cpus, &outcome] {
    for (const std::int64_t cpu : cpus) {
      if (outcome) outcome = host::PinThread(cpu);
    }
  });
  trial.join();
  return outcome;
}

/// One point, from its schedule to its merged log.
class PointRun {
 public:
  PointRun(const spec::Plan& plan, const PointSettings& settings, const net::Endpoint& endpoint,
           const Clock& clock)
      : plan_(plan),
        settings_(settings),
        endpoint_(endpoint),
        clock_(clock),
        schedule_(Schedule()),
        course_(Limits()) {}

  Result<PointRecord> Run(const RequestWriter& writer) {
    RequestPipeline pipeline(writer, PipelineSettings());
    epoch_ = clock_.Now();
    RS_RETURN_IF_ERROR(StartTap());
    RS_RETURN_IF_ERROR(MakeLoops(pipeline));
    PointRecord record;
    record.started = clock_.Wall();
    const auto cpu_times = host::ReadCpuTimes();
    // A closed loop needs few at first; an open loop must never wait for one.
    pipeline.WaitUntilFull(open() ? kBuildSchedule : kBuildAhead, settings_.stop);
    std::vector<LoopRecord> loops = RunLoops();
    for (LoopRecord& loop : loops) Join(loop.pieces, record.log);
    WireStamps::Outcome wire = wire_ ? wire_->Finish() : WireStamps::Outcome();
    Join(wire.pieces, record.log);
    std::sort(record.log.requests.begin(), record.log.requests.end(),
              [](const spec::Request& a, const spec::Request& b) { return a.id < b.id; });
    record.audit = MakeAudit(loops, record.log, cpu_times);
    if (wire.events > 0) {
      record.audit.wire_stamp_fraction =
          static_cast<double>(wire.stamped) / static_cast<double>(wire.events);
      if (*record.audit.wire_stamp_fraction > 0.5) record.audit.stamps = "wire";
    }
    record.audit.monotonic_epoch_ns = epoch_.time_since_epoch().count();
    record.stopped = course_.stopped();
    record.aborted = course_.aborted();
    // A point that was stopped or given up never meant to send the rest: no rate to judge.
    if (record.complete()) {
      record.audit.scheduled_requests =
          Total().value_or(static_cast<std::int64_t>(record.log.requests.size()));
      record.audit.sent_requests = SentInTime(record.log);
    }
    return record;
  }

 private:
  bool open() const { return plan_.load.arrivals != spec::Arrivals::kClosed; }
  bool inferencex() const { return plan_.load.protocol == spec::Protocol::kInferencex; }

  std::vector<Nanos> Schedule() const {
    if (!open()) return {};
    const spec::Load& load = plan_.load;
    std::optional<Nanos> duration;
    if (load.duration_s) duration = FromSeconds(*load.duration_s);
    std::optional<std::int64_t> count = load.requests;
    if (count) *count += spec::WarmupAt(load, 0);
    return workload::ArrivalTimes(load.arrivals, settings_.rate_rps.value_or(0), count, duration,
                                  plan_.seed + static_cast<std::uint64_t>(settings_.first_prompt));
  }

  Course::Limits Limits() const {
    Course::Limits limits;
    limits.warmup = spec::WarmupAt(plan_.load, settings_.concurrency);
    // A server that sheds load fails many at once; only no success for long means that it is gone.
    limits.patience_time = std::max<Nanos>(3s, 5 * settings_.expected_e2e.value_or(kDefaultE2e));
    if (open()) {
      const bool burst = plan_.load.arrivals == spec::Arrivals::kBurst;
      limits.patience = burst ? std::numeric_limits<std::int64_t>::max() : 50;
      return limits;
    }
    limits.measured = spec::RequestsAt(plan_.load, settings_.concurrency);
    if (plan_.load.duration_s) limits.duration = FromSeconds(*plan_.load.duration_s);
    limits.drain_warmup = inferencex();
    limits.patience = 10 + 2 * settings_.concurrency;
    return limits;
  }

  /// Requests that left, in open loop before the schedule was over by more than a hundredth: who
  /// sends all of them in twice the time has not kept the rate.
  std::int64_t SentInTime(const spec::RequestLog& log) const {
    std::int64_t last = std::numeric_limits<std::int64_t>::max();
    if (open() && !log.requests.empty() && !schedule_.empty()) {
      const Nanos grace = std::max<Nanos>(50ms, schedule_.back() / 100);
      last = log.requests.back().intended_ns + grace.count();
    }
    return std::count_if(log.requests.begin(), log.requests.end(), [last](const auto& request) {
      return request.sent_ns <= last || request.outcome == spec::Outcome::kConnect;
    });
  }

  /// Requests of the whole point, where it is known before.
  std::optional<std::int64_t> Total() const {
    if (open()) return static_cast<std::int64_t>(schedule_.size());
    const Course::Limits& limits = course_.limits();
    return limits.measured ? std::optional(limits.warmup + *limits.measured) : std::nullopt;
  }

  RequestPipeline::Settings PipelineSettings() const {
    RequestPipeline::Settings settings;
    settings.first_prompt = settings_.first_prompt;
    if (inferencex()) settings.same_prompt_until = course_.limits().warmup;
    settings.count = Total();
    if (open()) settings.ready_bytes = kScheduleBytes;
    // Without a known end only a stock is kept: building takes a core's time from the measurement.
    if (!settings.count) settings.ready_bytes = 0;
    settings.min_ready = std::clamp<std::int64_t>(2 * settings_.concurrency, 64, 4096);
    return settings;
  }

  /// Connections to open ahead: one a user, or what the rate will keep busy.
  std::int64_t Connections() const {
    if (!open()) return settings_.concurrency;
    const auto all = static_cast<std::int64_t>(schedule_.size());
    if (plan_.load.arrivals == spec::Arrivals::kBurst) return all;
    const double e2e_s = ToSeconds(settings_.expected_e2e.value_or(kDefaultE2e)).value();
    const double busy = std::ceil(*settings_.rate_rps * e2e_s * 1.25) + 2;
    const host::DescriptorUse descriptors = host::ReadDescriptorUse();
    const auto room = std::min<std::int64_t>(kMaxAhead, (descriptors.limit - descriptors.used) / 2);
    return std::min(
        {all, static_cast<std::int64_t>(std::min(busy, 1e9)), std::max<std::int64_t>(1, room)});
  }

  Result<> StartTap() {
    if (!plan_.client.wire) return {};
    RS_ASSIGN_OR_RETURN(tap_, TapOf(endpoint_, clock_));
    wire_ = std::make_unique<WireStamps>(*tap_, epoch_, settings_.sink, clock_);
    return {};
  }

  Result<> MakeLoops(RequestPipeline& pipeline) {
    RS_RETURN_IF_ERROR(host::EnsureDescriptors(Connections() + kSpareDescriptors));
    const std::int64_t count = plan_.client.threads;
    for (std::int64_t i = 0; i < count; ++i) {
      RS_ASSIGN_OR_RETURN(std::unique_ptr<net::Reactor> reactor, net::Reactor::Create(clock_));
      LoopContext context{plan_,  settings_,   endpoint_, pipeline, course_,
                          epoch_, wire_.get(), i,         count,    {}};
      context.wake = [this] {
        for (const auto& loop : loops_) loop->Wake();
      };
      if (open()) {
        loops_.push_back(std::make_unique<OpenLoop>(std::move(reactor), std::move(context),
                                                    schedule_, Connections()));
      } else {
        loops_.push_back(std::make_unique<ClosedLoop>(std::move(reactor), std::move(context)));
      }
    }
    return {};
  }

  std::vector<LoopRecord> RunLoops() {
    StartGate gate(static_cast<std::int64_t>(loops_.size()), clock_);
    std::vector<LoopRecord> records(loops_.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < loops_.size(); ++i) {
      threads.emplace_back([this, i, &gate, &records] {
        host::SharpenTimers();
        const auto& cpus = plan_.client.cpu_affinity;
        if (!cpus.empty()) {
          const auto pinned = host::PinThread(cpus[i % cpus.size()]);
          if (!pinned) course_.Abort(pinned.error());
        }
        records[i] = loops_[i]->Run([&gate] { return gate.Wait(); });
      });
    }
    for (std::thread& thread : threads) thread.join();
    return records;
  }

  const spec::Plan& plan_;
  const PointSettings& settings_;
  const net::Endpoint& endpoint_;
  const Clock& clock_;
  const std::vector<Nanos> schedule_;
  Course course_;
  Instant epoch_;
  std::unique_ptr<WireTap> tap_;
  std::unique_ptr<WireStamps> wire_;  // After tap_: it uses it.
  std::vector<std::unique_ptr<LoadLoop>> loops_;
};

}  // namespace

Result<> CheckMachine(const spec::Plan& plan, const net::Url& url, const Clock& clock) {
  const Result<> pinned = CanPin(plan.client.cpu_affinity);
  if (!pinned) return pinned.error().In("--cpu-affinity");
  std::int64_t connections = 1;
  for (const std::int64_t users : plan.load.concurrency) connections = std::max(connections, users);
  if (plan.load.arrivals == spec::Arrivals::kBurst) connections = plan.load.requests.value_or(1);
  RS_RETURN_IF_ERROR(host::EnsureDescriptors(connections + kSpareDescriptors));
  if (!plan.client.wire) return {};
  RS_ASSIGN_OR_RETURN(const net::Endpoint endpoint, net::Resolve(url, TlsOptions(plan.target)));
  const auto tap = TapOf(endpoint, clock);
  return tap ? Result<>() : tap.error();
}

Result<PointRecord> RunPoint(const spec::Plan& plan, const net::Url& url, const Headers& headers,
                             const Dialect& dialect, const PointSettings& settings,
                             const Clock& clock) {
  RS_CHECK(settings.progress != nullptr);
  RS_CHECK(settings.concurrency >= 1 || plan.load.arrivals != spec::Arrivals::kClosed);
  RS_ASSIGN_OR_RETURN(const net::Endpoint endpoint, net::Resolve(url, TlsOptions(plan.target)));
  RS_ASSIGN_OR_RETURN(const RequestWriter writer,
                      RequestWriter::Create(plan, url, headers, dialect));
  return PointRun(plan, settings, endpoint, clock).Run(writer);
}

}  // namespace roofscape::load
