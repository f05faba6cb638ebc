#include "measure/load/load_loop.h"

#include <algorithm>

#include <fmt/format.h>

#include "measure/host/host_facts.h"

namespace roofscape::load {
namespace {

using namespace std::chrono_literals;
using spec::Outcome;

constexpr Nanos kTick = 100ms;
constexpr Nanos kHandOver = 1s;

// Connections that are being made at one time: a listening socket's queue is not without end.
constexpr std::size_t kConnecting = 128;
constexpr Nanos kConnectAheadLimit = 10s;

void Add(std::atomic<std::int64_t>& counter, std::int64_t& by) {
  counter.fetch_add(std::exchange(by, 0), std::memory_order_relaxed);
}

}  // namespace

LoadLoop::LoadLoop(std::unique_ptr<net::Reactor> reactor, LoopContext context)
    : reactor_(std::move(reactor)), context_(std::move(context)), last_hand_over_(reactor_->Now()) {
  reactor_->OnWake([this] {
    if (course().ending()) {
      EndNow();
    } else {
      OnCourse();
    }
  });
}

Exchange& LoadLoop::AddExchange(std::int64_t slot) {
  Exchange::Settings settings;
  settings.answer.epoch = context_.epoch;
  settings.answer.keep_text = context_.plan.keep_text;
  settings.answer.mark_bytes = context_.wire != nullptr;
  settings.answer.reader = &reader_;
  settings.answer.counter = this;
  settings.on_done = [this](Exchange& exchange) { OnDone(exchange); };
  exchanges_.push_back(std::make_unique<Exchange>(
      *reactor_, context_.endpoint, TimeoutsOf(context_.plan.timeouts), slot, std::move(settings)));
  return *exchanges_.back();
}

LoopRecord LoadLoop::Run(const std::function<Instant()>& go) {
  ConnectAhead();
  const Instant begin = go();
  LoopRecord record;
  LookForStop();
  reactor_->ResetStats();
  const Nanos cpu_before = host::ThreadCpuTime();
  const Instant wall_before = reactor_->Now();
  if (!course().ending()) Begin(begin);
  reactor_->At(reactor_->Now() + kTick, [this] { Tick(); });
  if (course().ending()) EndNow();
  MayFinish();
  reactor_->Run();
  record.cpu = host::ThreadCpuTime() - cpu_before;
  record.wall = reactor_->Now() - wall_before;
  for (const auto& exchange : exchanges_) {
    record.retransmits += exchange->Retransmits();
    record.resent_requests += exchange->resent_requests();
  }
  HandOver();
  ShowProgress();
  record.pieces = std::move(pieces_);
  record.stats = reactor_->stats();
  return record;
}

/// Opens the connections, a few at a time. One that cannot be made now is made, or fails, with its
/// request.
void LoadLoop::ConnectAhead() {
  const Instant limit = reactor_->Now() + kConnectAheadLimit;
  std::size_t next = 0;
  std::size_t settled = 0;
  while (settled < exchanges_.size() && reactor_->Now() < limit && !course().ending()) {
    LookForStop();
    while (next < exchanges_.size() && next < settled + kConnecting) exchanges_[next++]->Connect();
    reactor_->Poll(1ms);
    settled = static_cast<std::size_t>(
        std::count_if(exchanges_.begin(), exchanges_.begin() + static_cast<std::ptrdiff_t>(next),
                      [](const auto& exchange) { return !exchange->connecting(); }));
  }
  for (const auto& exchange : exchanges_) exchange->StopConnecting();
}

void LoadLoop::Send(Exchange& exchange, PreparedRequest request, std::int64_t id, Instant intended,
                    spec::Phase phase) {
  ++sent_;
  ++in_flight_;
  exchange.Start(std::move(request), id, intended, phase);
}

void LoadLoop::OnDone(Exchange& exchange) {
  --in_flight_;
  const bool ok = exchange.request().outcome == Outcome::kOk;
  ++(ok ? succeeded_ : failed_);
  Record(exchange);
  const bool warm =
      course().NoteEnd(exchange.request().phase, exchange.request().outcome, reactor_->Now());
  MayAbort(exchange);
  if (course().ending()) return;
  OnFree(exchange);
  if (warm && course().limits().drain_warmup) context_.wake();
  MayFinish();
}

void LoadLoop::MayFinish() {
  if (!ended_ && Finished()) {
    ended_ = true;
    reactor_->Stop();
  }
}

void LoadLoop::Record(const Exchange& exchange) {
  spec::RequestLog one;
  one.requests.push_back(exchange.request());
  const Answer& answer = exchange.answer();
  one.events = answer.events();
  if (!answer.message().empty()) {
    one.requests[0].message = static_cast<std::int64_t>(one.strings.size());
    one.strings.push_back(answer.message());
  }
  if (!answer.text().empty()) {
    one.requests[0].text = static_cast<std::int64_t>(one.strings.size());
    one.strings.push_back(answer.text());
  }
  fresh_.Append(one);
  if (context_.wire == nullptr) return;
  fresh_marks_.requests.push_back({exchange.local_port(), reactor_->Now()});
  const auto& ends = answer.event_ends();
  fresh_marks_.event_ends.insert(fresh_marks_.event_ends.end(), ends.begin(), ends.end());
}

/// Ends the point when nothing but failures comes any more.
void LoadLoop::MayAbort(const Exchange& exchange) {
  if (course().ending()) return;
  const bool client = exchange.request().outcome == Outcome::kClient;
  if (!client && !course().LostPatience(reactor_->Now())) return;
  const std::string& message = exchange.answer().message();
  course().Abort(
      client ? Error{ErrorCode::kIo, fmt::format("ended early: {}", message)}
             : Error{ErrorCode::kUnavailable,
                     fmt::format("ended early: {} requests in a row failed, the last with: {}",
                                 course().failures_in_a_row(), message)});
  context_.wake();
}

void LoadLoop::LookForStop() {
  const std::atomic<bool>* stop = context_.settings.stop;
  if (stop == nullptr || !stop->load(std::memory_order_relaxed) || course().ending()) return;
  course().Stop();
  context_.wake();
}

void LoadLoop::Tick() {
  LookForStop();
  ShowProgress();
  if (reactor_->Now() - last_hand_over_ >= kHandOver) HandOver();
  if (!ended_) reactor_->At(reactor_->Now() + kTick, [this] { Tick(); });
}

void LoadLoop::ShowProgress() {
  PointProgress& progress = *context_.settings.progress;
  std::int64_t in_flight = in_flight_ - shown_in_flight_;
  shown_in_flight_ = in_flight_;
  Add(progress.tokens, tokens_);
  Add(progress.sent, sent_);
  Add(progress.succeeded, succeeded_);
  Add(progress.failed, failed_);
  Add(progress.in_flight, in_flight);
}

/// Sets finished requests aside and gives a copy to the sink.
void LoadLoop::HandOver() {
  last_hand_over_ = reactor_->Now();
  if (fresh_.requests.empty()) return;
  spec::RequestLog chunk = std::exchange(fresh_, {});
  Result<> taken;
  if (context_.wire != nullptr) {
    taken = context_.wire->Push(std::move(chunk), std::exchange(fresh_marks_, {}));
  } else {
    pieces_.push_back(chunk);
    if (context_.settings.sink) taken = context_.settings.sink(std::move(chunk));
  }
  if (taken || course().ending()) return;
  course().Abort(taken.error());
  context_.wake();
}

/// Gives up what is in flight.
void LoadLoop::EndNow() {
  if (ended_) return;
  ended_ = true;
  for (const auto& exchange : exchanges_) {
    if (!exchange->busy()) continue;
    exchange->Cancel(reactor_->Now());
    --in_flight_;
    Record(*exchange);
  }
  reactor_->Stop();
}

}  // namespace roofscape::load
