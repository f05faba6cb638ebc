#include "model/sim/run.h"

#include <algorithm>
#include <string_view>

#include "base/core/check.h"

namespace roofscape::sim {
namespace {

/// Stands between simulator and observer: counts, and frees users.
class Relay final : public Observer {
 public:
  Relay(RequestSource& source, Observer& observer) : source_(source), observer_(observer) {}

  void OnTokens(std::int64_t id, std::span<const TokenEvent> events) override {
    observer_.OnTokens(id, events);
  }

  void OnCompletion(const Completion& completion) override {
    ++end_.requests;
    if (completion.refused) ++end_.refused;
    observer_.OnCompletion(completion);
    source_.OnEnd(completion);
  }

  RunEnd& end() { return end_; }

 private:
  RequestSource& source_;
  Observer& observer_;
  RunEnd end_;
};

/// Lets a closed loop's free users send, and keeps an open loop's next request ahead.
class Feeder {
 public:
  Feeder(Simulator& simulator, RequestSource& source) : simulator_(simulator), source_(source) {}

  /// Whether the source has another, for now.
  bool Feed() {
    for (;;) {
      if (!next_) next_ = source_.Next();
      if (!next_) return false;
      const auto event_ns = simulator_.NextEvent();
      if (!source_.closed() && event_ns && next_->at_ns > *event_ns) return true;
      simulator_.AddRequest(*next_);
      next_.reset();
    }
  }

 private:
  Simulator& simulator_;
  RequestSource& source_;
  std::optional<Ask> next_;
};

constexpr std::uint16_t kMostTokensAnEvent = 65535;
constexpr std::string_view kCacheSmall =
    "prompt and answer are longer than the cache of a worker holds";
constexpr std::string_view kPromptLong =
    "the prompt is longer than a step takes, and is not cut into pieces";

}  // namespace

RunEnd RunWorkload(const Cluster& cluster, RequestSource& source, Observer& observer,
                   const RunOptions& options) {
  Relay relay(source, observer);
  Simulator simulator(cluster, options.seed, options.detail, relay);
  Feeder feeder(simulator, source);
  const bool samples = options.sample_ns && options.sample;
  std::int64_t sample_ns = 0;
  // Failures to come are events, too: the run ends with its last request.
  while (feeder.Feed() || simulator.in_flight() > 0) {
    const auto event_ns = simulator.NextEvent();
    RS_CHECK(event_ns.has_value());
    for (; samples && sample_ns <= *event_ns; sample_ns += *options.sample_ns) {
      Snapshot now = simulator.Look();
      now.time_ns = sample_ns;
      options.sample(now);
    }
    simulator.Step();
  }
  RS_CHECK(simulator.Conserved() && simulator.Empty());
  const Snapshot end = simulator.Look();
  relay.end().preemptions = end.preemptions;
  relay.end().steps = end.steps;
  relay.end().mixed_steps = end.mixed_steps;
  relay.end().end_ns = simulator.now();
  return relay.end();
}

void LogWriter::OnTokens(std::int64_t /*id*/, std::span<const TokenEvent> events) {
  first_event_ = static_cast<std::int64_t>(log_.events.size());
  for (const TokenEvent& e : events) {
    spec::Event event;
    event.time_ns = e.time_ns;
    event.read =
        static_cast<std::uint32_t>(log_.events.size()) - static_cast<std::uint32_t>(first_event_);
    event.tokens = static_cast<std::uint16_t>(e.tokens);
    log_.events.push_back(event);
  }
}

void LogWriter::OnCompletion(const Completion& completion) {
  const auto count = static_cast<std::int64_t>(log_.events.size());
  if (first_event_ == count && !completion.refused) {
    log_.events.push_back({completion.first_token_ns, 0, 0, 0, 1, spec::EventKind::kAnswer});
    for (std::int64_t left = completion.output - 1; left > 0;) {
      const std::int64_t tokens = std::min<std::int64_t>(left, kMostTokensAnEvent);
      log_.events.push_back({completion.end_ns, 0, 1, 0, static_cast<std::uint16_t>(tokens),
                             spec::EventKind::kAnswer});
      left -= tokens;
    }
  }
  spec::Request row;
  row.id = completion.id;
  row.slot = completion.tag;
  row.http_status = completion.refused ? 400 : 200;
  row.outcome = completion.refused ? spec::Outcome::kHttpError : spec::Outcome::kOk;
  row.intended_ns = row.sent_ns = completion.arrival_ns;
  row.end_ns = completion.end_ns;
  row.input_tokens_asked = row.input_tokens = completion.input;
  row.output_tokens_asked = row.output_tokens = completion.output;
  row.cached_tokens = completion.cached;
  row.token_source = spec::TokenSource::kTokenIds;
  row.first_event = first_event_;
  row.event_count = static_cast<std::int64_t>(log_.events.size()) - first_event_;
  if (completion.refused) {
    const std::string_view why = completion.prompt_long ? kPromptLong : kCacheSmall;
    const auto known = std::find(log_.strings.begin(), log_.strings.end(), why);
    row.message = static_cast<std::int32_t>(known - log_.strings.begin());
    if (known == log_.strings.end()) log_.strings.emplace_back(why);
  }
  log_.requests.push_back(row);
  first_event_ = static_cast<std::int64_t>(log_.events.size());
}

spec::RequestLog LogWriter::Take() {
  std::sort(log_.requests.begin(), log_.requests.end(),
            [](const spec::Request& a, const spec::Request& b) { return a.id < b.id; });
  return std::exchange(log_, {});
}

}  // namespace roofscape::sim
