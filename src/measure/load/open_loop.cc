#include "measure/load/open_loop.h"

#include <algorithm>

namespace roofscape::load {
namespace {

using namespace std::chrono_literals;

// A sleeping thread wakes up some tens of microseconds late; for the last stretch before an arrival
// the loop therefore looks at its sockets without sleeping.
constexpr Nanos kSpin = 80us;

constexpr int kHandful = 64;

}  // namespace

OpenLoop::OpenLoop(std::unique_ptr<net::Reactor> reactor, LoopContext given,
                   const std::vector<Nanos>& schedule, std::int64_t connections)
    : LoadLoop(std::move(reactor), std::move(given)),
      schedule_(schedule),
      next_(static_cast<std::size_t>(context().loop)) {
  for (std::int64_t i = context().loop; i < connections; i += context().loops) {
    free_.push_back(&AddExchange(spec::kUnknown));
  }
}

void OpenLoop::Begin(Instant begin) {
  begin_ = begin;
  // What could not be connected ahead is used last: the request would have to wait for it.
  std::partition(free_.begin(), free_.end(),
                 [](const Exchange* exchange) { return !exchange->connected(); });
  reactor().SpinBefore(kSpin);
  SendDue();
}

void OpenLoop::SendDue() {
  for (int sent = 0; next_ < schedule_.size() && !course().ending(); ++sent) {
    const Instant now = reactor().Now();
    const Instant due = begin_ + schedule_[next_];
    // Behind the schedule, answers are still read between two handfuls.
    if (due > now || sent == kHandful) {
      reactor().At(std::max(due, now), [this] { SendDue(); });
      return;
    }
    if (free_.empty()) free_.push_back(&AddExchange(spec::kUnknown));
    Exchange& exchange = *free_.back();
    free_.pop_back();
    const auto id = static_cast<std::int64_t>(next_);
    next_ += static_cast<std::size_t>(context().loops);
    const spec::Phase phase =
        id < course().limits().warmup ? spec::Phase::kWarmup : spec::Phase::kMeasure;
    Send(exchange, context().pipeline.Next(id), id, due, phase);
  }
  MayFinish();
}

void OpenLoop::OnFree(Exchange& exchange) { free_.push_back(&exchange); }

}  // namespace roofscape::load
