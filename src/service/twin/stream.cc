#include "service/twin/stream.h"

#include <algorithm>
#include <utility>

#include "base/net/http_response.h"
#include "service/twin/answer_head.h"

namespace roofscape::twin {
namespace {

// How often a stream that has ended looks whether its last bytes have left.
constexpr Nanos kLookAgain = std::chrono::microseconds(200);

std::int64_t Ns(Instant at) { return at.time_since_epoch().count(); }

}  // namespace

Stream::Stream(net::Reactor& reactor, net::ServerExchange& exchange, Settings settings, Reply reply)
    : reactor_(reactor),
      exchange_(&exchange),
      settings_(std::move(settings)),
      reply_(std::move(reply)) {
  exchange.SetHandler(this);
}

Stream::~Stream() {
  reactor_.Cancel(timer_);
  if (exchange_ != nullptr) exchange_->SetHandler(nullptr);
}

void Stream::Begin(TruthRequest truth, Instant arrived, bool streamed) {
  truth_ = std::move(truth);
  due_ = arrived;
  if (!streamed) {
    Nanos after{};
    event_ = reply_.Whole(after);
    due_ = Thawed(due_ + after);
    timer_ = reactor_.At(due_, [this] { SendWhole(); });
    return;
  }
  if (reply_.behaviour().head_early) {
    head_sent_ = true;
    AppendAnswerHead(bytes_, std::nullopt, exchange_->keep_alive());
    exchange_->Write(bytes_);
    bytes_.clear();
  }
  Gather();
}

/// When something due at `due` may leave: the end of the freeze it falls into.
Instant Stream::Thawed(Instant due) const {
  for (const Freeze& freeze : settings_.script->freezes) {
    const auto at = [this](double s) {
      return Instant(Nanos(settings_.first_ns + static_cast<std::int64_t>(s * 1e9)));
    };
    if (due >= at(freeze.from_s) && due < at(freeze.to_s)) due = at(freeze.to_s);
  }
  return due;
}

/// Takes the events of the next write from the reply and waits until the last of them is due.
void Stream::Gather() {
  bytes_.clear();
  sent_ = cut_ = noted_ = 0;
  ends_.clear();
  if (!head_sent_) AppendAnswerHead(bytes_, std::nullopt, exchange_->keep_alive());
  head_sent_ = true;
  std::int64_t left = reply_.behaviour().events_per_write;
  while (left > 0 && then_ == Piece::Then::kGoOn) {
    event_.clear();
    const Piece piece = reply_.Next(event_);
    due_ = Thawed(due_ + piece.after);
    then_ = piece.then;
    if (event_.empty()) break;  // The end, or a fault that sends nothing.
    net::AppendChunk(bytes_, event_);
    constexpr std::size_t kLineEnd = 2;  // Of the chunk, behind the event.
    ends_.push_back(bytes_.size() - kLineEnd);
    truth_.events.push_back({Ns(due_), 0, 0, static_cast<std::int32_t>(piece.tokens), piece.kind});
    if (spec::CarriesTokens(piece.kind)) --left;
    if (reply_.behaviour().events_per_write == 1) break;
  }
  if (then_ == Piece::Then::kEnd) net::AppendLastChunk(bytes_);
  timer_ = reactor_.At(due_, [this] { SendGathered(); });
}

void Stream::SendGathered() {
  timer_ = {};
  settings_.stats->late_ns.Add(std::max<std::int64_t>(0, (reactor_.Now() - due_).count()));
  SendRest();
}

/// Sends up to the next of the script's cuts.
void Stream::SendRest() {
  timer_ = {};
  const Behaviour& behaviour = reply_.behaviour();
  while (sent_ < bytes_.size()) {
    std::size_t until = bytes_.size();
    if (cut_ < behaviour.split_bytes.size()) {
      until = std::min(until, static_cast<std::size_t>(behaviour.split_bytes[cut_]));
      ++cut_;
    }
    if (until <= sent_) continue;
    LookAtHeld();
    const net::WriteInfo info =
        exchange_->Write(std::string_view(bytes_).substr(sent_, until - sent_));
    sent_ = until;
    if (info.failed) return;  // OnGone follows.
    NoteSent(info);
    if (sent_ < bytes_.size() && behaviour.split_gap_ms > 0) {
      const Nanos gap(static_cast<std::int64_t>(behaviour.split_gap_ms * 1e6));
      timer_ = reactor_.At(reactor_.Now() + gap, [this] { SendRest(); });
      return;
    }
  }
  then_ == Piece::Then::kGoOn ? Gather() : Leave();
}

void Stream::Leave() {
  timer_ = {};
  LookAtHeld();
  if (held_ && then_ != Piece::Then::kReset) {
    timer_ = reactor_.At(reactor_.Now() + kLookAgain, [this] { Leave(); });
    return;
  }
  switch (then_) {
    case Piece::Then::kGoOn: break;
    case Piece::Then::kEnd: exchange_->End(); break;
    case Piece::Then::kReset: exchange_->Reset(); break;
    case Piece::Then::kClose: exchange_->EndAndClose(); break;
  }
  End();
}

void Stream::SendWhole() {
  timer_ = {};
  AppendAnswerHead(bytes_, event_.size(), exchange_->keep_alive());
  bytes_ += event_;
  if (exchange_->Write(bytes_).failed) return;
  exchange_->End();
  End();
}

/// The write that carried the last byte of the events up to sent_. Bytes that wait in a queue are
/// noted as sent with the call that queued them, and what the kernel still holds with the moment at
/// which it did no more (LookAtHeld); such streams are the client's doing.
void Stream::NoteSent(const net::WriteInfo& info) {
  const std::size_t first = truth_.events.size() - ends_.size() + noted_;
  for (; noted_ < ends_.size() && ends_[noted_] <= sent_; ++noted_) {
    TruthEvent& event = truth_.events[truth_.events.size() - ends_.size() + noted_];
    event.before_ns = Ns(info.before);
    event.after_ns = Ns(info.after);
    ++settings_.stats->events;
  }
  if (!settings_.keep_truth) {
    if (sent_ == bytes_.size()) truth_.events.clear();
  } else if (!held_ && exchange_->held_back()) {
    held_ = first;
  }
}

/// What was held back and is no more has left by now.
void Stream::LookAtHeld() {
  if (!held_ || exchange_->held_back()) return;
  const std::int64_t now = Ns(reactor_.Now());
  for (std::size_t i = *held_; i < truth_.events.size(); ++i) {
    if (truth_.events[i].after_ns > 0) truth_.events[i].after_ns = now;
  }
  held_.reset();
}

void Stream::OnDrained(net::ServerExchange&, const net::WriteInfo& last) {
  if (truth_.events.empty()) return;
  truth_.events.back().after_ns = Ns(last.after);
}

void Stream::OnGone(net::ServerExchange&, net::GoneReason) {
  ++settings_.stats->gone;
  End();
}

void Stream::End() {
  exchange_ = nullptr;
  reactor_.Cancel(std::exchange(timer_, {}));
  settings_.on_end(*this);
}

}  // namespace roofscape::twin
