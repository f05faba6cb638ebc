#include "service/twin/live_stream.h"

#include <algorithm>
#include <utility>

#include "base/net/http_response.h"
#include "service/twin/answer_head.h"

namespace roofscape::twin {
namespace {

double Seconds(Nanos time) { return static_cast<double>(time.count()) / 1e9; }

std::int64_t Ns(Instant at) { return at.time_since_epoch().count(); }

}  // namespace

Rng AnswerRng(const Script& script, const std::string& id) {
  return Rng(script.seed).Fork(HashOf(id));
}

LiveStream::LiveStream(net::Reactor& reactor, net::ServerExchange& exchange, Settings settings,
                       const Behaviour& behaviour, const Ask& ask, const std::string& id,
                       std::int64_t tokens)
    : reactor_(reactor),
      exchange_(&exchange),
      settings_(std::move(settings)),
      behaviour_(behaviour),
      streamed_(ask.stream),
      total_(tokens),
      text_(AnswerRng(*settings_.script, id)) {
  ReplyContext context;
  context.script = settings_.script;
  context.behaviour = &behaviour_;
  context.dialect = &DialectOf(settings_.script->dialect);
  context.ask = ask;
  context.id = id;
  context.stop = tokens < ask.max_tokens;
  format_ = MakeFormat(std::move(context));
  exchange.SetHandler(this);
}

LiveStream::~LiveStream() {
  reactor_.Cancel(stall_);
  settings_.pacer->Leave(ticket_);
  if (exchange_ != nullptr) exchange_->SetHandler(nullptr);
}

void LiveStream::Begin(TruthRequest truth, Instant arrived, std::span<const std::uint64_t> hashes) {
  truth_ = std::move(truth);
  arrived_ = arrived;
  if (streamed_ && behaviour_.head_early) {
    AppendAnswerHead(bytes_, std::nullopt, exchange_->keep_alive());
    AppendEvent([this](std::string& out) { return format_->Early(out); });
    exchange_->Write(bytes_);
    bytes_.clear();
  }
  ticket_ = settings_.pacer->Send(arrived, std::max<std::int64_t>(format_->ask().prompt_tokens, 1),
                                  total_, hashes, *this);
}

template <class Make>
bool LiveStream::AppendEvent(Make make) {
  event_.clear();
  if (!make(event_)) return false;
  net::AppendChunk(bytes_, event_);
  return true;
}

void LiveStream::AppendTokens(std::int64_t tokens) {
  if (!opened_) {
    opened_ = true;
    if (!behaviour_.head_early) AppendAnswerHead(bytes_, std::nullopt, exchange_->keep_alive());
    while (AppendEvent([this](std::string& out) { return format_->Opening(out); })) {
    }
  }
  const std::int64_t each = format_->Packs() ? tokens : 1;
  for (std::int64_t left = tokens; left > 0; left -= each) {
    TokenEvent event;
    event.kind = format_->Seen(spec::EventKind::kAnswer);
    event.tokens = each;
    event.before = totals_.made;
    event.last = totals_.made + each >= total_;
    while (AppendEvent([&](std::string& out) { return format_->Between(event, out); })) {
    }
    words_.clear();
    text_.Append(each, words_);
    event.text = words_;
    totals_.made += each;
    event_.clear();
    format_->Tokens(event, totals_, event_);
    net::AppendChunk(bytes_, event_);
    ++unsent_;
  }
}

/// Does what the script lets go wrong at this place, if anything: then the answer is over.
bool LiveStream::FaultNow(Instant due) {
  const auto now = [this](const std::optional<std::int64_t>& at) {
    return at && totals_.made >= *at;
  };
  if (now(behaviour_.reset_after)) {
    exchange_->Reset();
  } else if (now(behaviour_.close_after)) {
    exchange_->EndAndClose();
  } else if (now(behaviour_.error_after) && streamed_) {
    while (AppendEvent([this](std::string& out) { return format_->Failing(out); })) {
    }
    net::AppendLastChunk(bytes_);
    Flush(due);
    if (exchange_ == nullptr) return true;
    exchange_->End();
  } else {
    return false;
  }
  End();
  return true;
}

void LiveStream::OnTokens(std::int64_t tokens, Instant due) {
  if (exchange_ == nullptr || FaultNow(due)) return;
  const double speed = settings_.pacer->speed();
  if (totals_.made == 0) {
    first_due_ = due;
    totals_.prompt = due - arrived_;
    settings_.readings->ttft_s.Add(Seconds(totals_.prompt) * speed);
  } else {
    settings_.readings->itl_s.Add(Seconds(due - last_due_) * speed);
  }
  last_due_ = due;
  totals_.output = due - first_due_;
  settings_.readings->output_tokens += tokens;
  if (streamed_) {
    AppendTokens(tokens);
  } else {
    text_.Append(tokens, whole_.answer);
    totals_.made += tokens;
  }
  if (settings_.keep_truth) {
    truth_.events.push_back(
        {Ns(due), 0, 0, static_cast<std::int32_t>(tokens), spec::EventKind::kAnswer});
  }
  if (behaviour_.stall_after && totals_.made >= *behaviour_.stall_after && !stalled_) {
    stalled_ = true;
    const Nanos pause(static_cast<std::int64_t>(behaviour_.stall_ms * 1e6));
    stall_ = reactor_.At(due + pause, [this] {
      stall_ = {};
      if (done_) return Finish();
      Flush(reactor_.Now());
    });
  }
  // With the last tokens leaves what ends the answer.
  if (streamed_ && totals_.made < total_) Flush(due);
}

void LiveStream::OnEnd(const sim::Completion& completion) {
  done_ = true;
  Note(completion);
  if (exchange_ == nullptr) return;
  if (completion.cached > 0) behaviour_.cached_tokens = completion.cached;
  if (!stall_) Finish();
}

/// For the page of metrics.
void LiveStream::Note(const sim::Completion& completion) {
  LiveReadings& live = *settings_.readings;
  const auto between = [](std::int64_t from_ns, std::int64_t to_ns) {
    return static_cast<double>(to_ns - from_ns) / 1e9;
  };
  live.cached_tokens += completion.cached;
  ++(total_ < format_->ask().max_tokens ? live.stopped : live.cut);
  live.e2e_s.Add(between(completion.arrival_ns, completion.end_ns));
  live.queue_s.Add(between(completion.arrival_ns, completion.admitted_ns));
  live.prefill_s.Add(between(completion.admitted_ns, completion.first_token_ns));
  const double decode_s = between(completion.first_token_ns, completion.end_ns);
  live.decode_s.Add(decode_s);
  live.inference_s.Add(between(completion.admitted_ns, completion.end_ns));
  if (total_ > 1) live.tpot_s.Add(decode_s / static_cast<double>(total_ - 1));
  live.prompts.Add(static_cast<double>(completion.input));
  live.answers.Add(static_cast<double>(total_));
}

void LiveStream::Finish() {
  const Instant due = first_due_ + totals_.output;
  if (streamed_) {
    while (AppendEvent([this](std::string& out) { return format_->Closing(totals_, out); })) {
    }
    net::AppendLastChunk(bytes_);
  } else {
    const std::string body = format_->Whole(whole_, totals_);
    AppendAnswerHead(bytes_, body.size(), exchange_->keep_alive());
    bytes_ += body;
    unsent_ = 1;
  }
  Flush(due);
  if (exchange_ == nullptr) return;
  exchange_->End();
  End();
}

/// Sends what is ready, and notes how late that was.
void LiveStream::Flush(Instant due) {
  if (stall_ || bytes_.empty()) return;
  const net::WriteInfo info = exchange_->Write(bytes_);
  bytes_.clear();
  if (info.failed) return;  // OnGone follows.
  settings_.stats->late_ns.Add(std::max<std::int64_t>(0, (info.before - due).count()));
  settings_.stats->events += std::exchange(unsent_, 0);
  for (auto event = truth_.events.rbegin(); event != truth_.events.rend() && event->before_ns == 0;
       ++event) {
    event->before_ns = Ns(info.before);
    event->after_ns = Ns(info.after);
  }
}

void LiveStream::OnGone(net::ServerExchange&, net::GoneReason) {
  ++settings_.stats->gone;
  End();
}

void LiveStream::End() {
  exchange_ = nullptr;
  if (!done_) ++settings_.readings->aborted;
  reactor_.Cancel(std::exchange(stall_, {}));
  settings_.on_end(*this);
}

}  // namespace roofscape::twin
