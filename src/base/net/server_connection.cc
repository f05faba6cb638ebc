#include "base/net/server_connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/net/http_response.h"

namespace roofscape::net {
namespace {

// What a connection keeps of its buffers between two uses.
constexpr std::size_t kKeptBytes = std::size_t{4} << 10;
constexpr std::size_t kMaxReservedBody = std::size_t{1} << 20;
constexpr std::uint32_t kLost = EPOLLHUP | EPOLLERR;

void Empty(std::string* buffer) {
  if (buffer->capacity() > kKeptBytes) {
    std::string().swap(*buffer);
  } else {
    buffer->clear();
  }
}

}  // namespace

std::string_view Name(GoneReason reason) {
  switch (reason) {
    case GoneReason::kClosed: return "closed";
    case GoneReason::kReset: return "reset";
    case GoneReason::kSlowReader: return "slow_reader";
  }
  return "unknown";
}

// Tells the code below a callback whether the owner destroyed the server in it.
struct ServerConnection::Life {
  explicit Life(ServerConnection* c) : connection(c), outer(c->life_) { c->life_ = this; }
  ~Life() {
    if (connection != nullptr) connection->life_ = outer;
  }
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  bool Over() const { return connection == nullptr || connection->state_ == State::kDead; }

  ServerConnection* connection;
  Life* outer;
};

ServerConnection::ServerConnection(HttpServer& server, Fd fd, std::uint64_t id)
    : server_(server),
      reactor_(server.reactor_),
      channel_(server.reactor_.clock(), server.reactor_.stamps()),
      id_(id),
      peer_(PeerAddress(fd.get())),
      since_(server.reactor_.Now()),
      parser_(server.options_.limits) {
  channel_.Adopt(std::move(fd));
  channel_.OnConnected();
  if (server.options_.tls == nullptr) return;
  channel_.StartTls(server.options_.tls->NewServerSession());
  state_ = State::kHandshake;
}

ServerConnection::~ServerConnection() {
  reactor_.Cancel(timer_);
  reactor_.Cancel(deferred_);
  reactor_.Cancel(pause_);
  if (interest_ != 0) reactor_.Remove(channel_.fd(), this);
  for (Life* life = life_; life != nullptr; life = life->outer) life->connection = nullptr;
}

bool ServerConnection::Start() {
  if (!reactor_.Add(channel_.fd(), EPOLLIN, this)) return false;
  interest_ = EPOLLIN;
  ArmTimer();
  return true;
}

void ServerConnection::TurnAway() {
  if (state_ == State::kHandshake) {
    Die();  // To say why would take a handshake.
    return;
  }
  Fail(503, "this server has as many connections as it takes. Try again later, or with fewer.");
}

void ServerConnection::Drain() {
  if (state_ == State::kIdle) Linger();
  if (state_ == State::kHandshake) Die();
}

void ServerConnection::OnReady(std::uint32_t events) {
  if ((events & EPOLLERR) != 0 && !OnErrorQueue(&events)) return;
  switch (state_) {
    case State::kHandshake: ShakeHands(); return;
    case State::kIdle:
    case State::kReading:
    case State::kLingering: Receive(); return;
    case State::kAnswering:
      if ((events & (kLost | EPOLLRDHUP)) != 0) {
        Gone((events & kLost) != 0 ? GoneReason::kReset : GoneReason::kClosed);
        return;
      }
      break;
    case State::kFlushing:
    case State::kClosing:
      if ((events & kLost) != 0) {
        Die();
        return;
      }
      break;
    case State::kDead: return;
  }
  if ((events & EPOLLOUT) != 0) SendQueue();
}

bool ServerConnection::OnErrorQueue(std::uint32_t* events) {
  // Transmit stamps are reported as errors. A real one is told by SO_ERROR.
  const Life life(this);
  while (const auto stamp = channel_.TakeTransmitStamp()) {
    if (state_ == State::kAnswering && handler_ != nullptr) handler_->OnTransmitted(*this, *stamp);
    if (life.Over()) return false;
  }
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(channel_.fd(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0) {
    *events &= ~std::uint32_t{EPOLLERR};
  }
  return *events != 0;
}

void ServerConnection::ShakeHands() {
  const TlsStep step = channel_.Handshake();
  handshake_writes_ = step == TlsStep::kWantsWrite;
  if (step == TlsStep::kDone) {
    state_ = State::kIdle;
    UpdateInterest();
    Receive();  // The first request may have come with the handshake's last bytes.
  } else if (step == TlsStep::kFailed) {
    ++server_.stats_.tls_failures;
    if (!channel_.tls()->got_plain_http()) {
      Die();
      return;
    }
    channel_.StopTls();
    Fail(400, "this port speaks TLS. Use https:// in the URL.");
  } else {
    UpdateInterest();
  }
}

void ServerConnection::Receive() {
  std::span<char> buffer = reactor_.read_buffer();
  const std::size_t slow = server_.options_.read_bytes;
  if (slow > 0 && channel_.tls() == nullptr) buffer = buffer.first(std::min(slow, buffer.size()));
  last_read_ = channel_.Receive(buffer);
  if (last_read_.error == EAGAIN || last_read_.error == EINTR) return;
  if (last_read_.error != 0 || last_read_.bytes == 0) {
    Die();
    return;
  }
  if (state_ == State::kLingering) return;  // Nobody wants it.
  const auto kernel = last_read_.by_kernel ? std::optional(last_read_.arrived) : std::nullopt;
  reactor_.NoteRead(last_read_.stamp, kernel);
  if (slow > 0) Rest();
  Consume({buffer.data(), last_read_.bytes});
}

/// Looks away from what the client sends for a while.
void ServerConnection::Rest() {
  pause_ = reactor_.At(reactor_.Now() + server_.options_.read_pause, [this] {
    pause_ = {};
    UpdateInterest();
  });
}

void ServerConnection::Consume(std::string_view input) {
  const Life life(this);
  reading_ = true;
  bool more = true;
  while (more) {
    const HttpRequestParser::Item item = parser_.Next(&input);
    more = Handle(item, input);
    if (life.Over()) return;
  }
  reading_ = false;
  if (!input.empty() && (state_ == State::kAnswering || state_ == State::kFlushing)) {
    pending_.assign(input);
  }
  UpdateInterest();
}

bool ServerConnection::Handle(HttpRequestParser::Item item, std::string_view input) {
  switch (item) {
    case HttpRequestParser::Item::kNeedMore:
      if (state_ == State::kIdle && parser_.started()) {
        state_ = State::kReading;
        since_ = last_read_.stamp;
        ArmTimer();
      }
      return false;
    case HttpRequestParser::Item::kHead:
      state_ = State::kReading;
      since_ = last_read_.stamp;
      ArmTimer();
      if (parser_.expects_continue() && input.empty()) {
        queue_ += "HTTP/1.1 100 Continue\r\n\r\n";
        SendQueue();
        if (state_ == State::kDead) return false;
      }
      body_.reserve(static_cast<std::size_t>(
          std::min<std::uint64_t>(parser_.announced_body_bytes().value_or(0), kMaxReservedBody)));
      return true;
    case HttpRequestParser::Item::kBody: body_ += parser_.body(); return true;
    case HttpRequestParser::Item::kEnd: return HandOver();
    case HttpRequestParser::Item::kError:
      ++server_.stats_.bad_requests;
      Fail(parser_.error_status(), parser_.error());
      return false;
  }
  return false;
}

bool ServerConnection::HandOver() {
  ServerRequest request;
  request.head = parser_.head();
  request.body = body_;
  request.stamp = last_read_.stamp;
  request.arrived = last_read_.arrived;
  request.grain = last_read_.grain;
  request.by_kernel = last_read_.by_kernel;
  request.woke_at = reactor_.woke_at();
  request.connection = id_;
  request.index = requests_++;
  request.peer = peer_;
  request.tls = channel_.tls();
  ++server_.stats_.requests;
  state_ = State::kAnswering;
  handler_ = nullptr;
  const Life life(this);
  server_.handler_.OnRequest(*this, request);
  if (life.Over()) return false;
  Empty(&body_);
  return state_ == State::kIdle;
}

bool ServerConnection::keep_alive() const { return parser_.keep_alive() && !server_.draining_; }

WriteInfo ServerConnection::Write(std::string_view bytes, bool want_stamp) {
  WriteInfo info;
  info.before = info.after = reactor_.Now();
  info.failed = state_ != State::kAnswering || lost_;
  if (info.failed || bytes.empty()) return info;
  if (queued_bytes() == 0) {
    // sendmsg does not write through it; its type just has no const.
    const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    const Sent sent = channel_.Send({&part, 1}, want_stamp);
    info.after = reactor_.Now();
    info.sent = sent.bytes;
    if (sent.error != 0 && sent.error != EAGAIN) {
      info.failed = true;
      GoneLater(GoneReason::kReset);
      return info;
    }
    if (info.sent == bytes.size()) return info;
    since_ = info.after;
  }
  Enqueue(bytes.substr(info.sent));
  info.queued = bytes.size() - info.sent;
  info.failed = lost_;
  return info;
}

void ServerConnection::Enqueue(std::string_view bytes) {
  if (queued_bytes() + bytes.size() > server_.options_.max_queued_bytes) {
    GoneLater(GoneReason::kSlowReader);
    return;
  }
  TrimQueue();
  queue_ += bytes;
  ArmTimer();
  UpdateInterest();
}

void ServerConnection::TrimQueue() {
  // Moves bytes only when the gap is larger than what is moved.
  if (queue_sent_ <= queue_.size() / 2) return;
  queue_.erase(0, queue_sent_);
  queue_sent_ = 0;
}

void ServerConnection::SendQueue() {
  WriteInfo info;
  info.before = reactor_.Now();
  const iovec part{queue_.data() + queue_sent_, queued_bytes()};
  const Sent sent = channel_.Send({&part, 1});
  info.after = reactor_.Now();
  if (sent.error == EAGAIN) return;
  if (sent.error != 0) {
    Gone(GoneReason::kReset);
    return;
  }
  queue_sent_ += sent.bytes;
  since_ = info.after;
  info.sent = sent.bytes;
  info.queued = queued_bytes();
  if (info.queued == 0) OnQueueEmpty(info);
}

void ServerConnection::OnQueueEmpty(const WriteInfo& last) {
  Empty(&queue_);
  queue_sent_ = 0;
  if (state_ == State::kFlushing) {
    NextRequest();
  } else if (state_ == State::kClosing) {
    Linger();
  } else {
    UpdateInterest();
    if (state_ == State::kAnswering && handler_ != nullptr) handler_->OnDrained(*this, last);
  }
}

WriteInfo ServerConnection::Respond(int status, std::string_view content_type,
                                    std::string_view body) {
  // A client of HTTP/1.0 that asked for it must be told that its connection stays.
  const bool tell = keep_alive() && parser_.head().minor_version == 0;
  const std::array<HeaderView, 2> headers = {
      {{"Content-Type", content_type}, {"Connection", "keep-alive"}}};
  std::string& answer = server_.scratch_;
  answer.clear();
  AppendResponseHead(answer, status, {headers.data(), tell ? 2u : 1u}, body.size(), keep_alive());
  if (parser_.head().method != "HEAD") answer += body;
  const WriteInfo info = Write(answer, false);
  End();
  return info;
}

void ServerConnection::End() {
  if (state_ == State::kAnswering) Finish(keep_alive());
}

void ServerConnection::EndAndClose() {
  if (state_ == State::kAnswering) Finish(false);
}

void ServerConnection::Reset() {
  if (state_ == State::kAnswering) Die(/*abort=*/true);
}

void ServerConnection::Finish(bool keep) {
  handler_ = nullptr;
  if (lost_) {
    Gone(lost_reason_);
  } else if (queued_bytes() > 0) {
    state_ = keep ? State::kFlushing : State::kClosing;
    UpdateInterest();
  } else if (keep) {
    NextRequest();
  } else {
    Linger();
  }
}

void ServerConnection::NextRequest() {
  state_ = State::kIdle;
  since_ = reactor_.Now();
  parser_.Reset();
  if (server_.draining_ && !reading_) {
    Linger();
    return;
  }
  ArmTimer();
  if (!reading_ && !pending_.empty()) Defer();
  UpdateInterest();
}

void ServerConnection::Fail(int status, std::string_view message) {
  const std::array<HeaderView, 1> headers = {{{"Content-Type", "text/plain; charset=utf-8"}}};
  state_ = State::kClosing;
  since_ = reactor_.Now();
  AppendResponseHead(queue_, status, headers, message.size() + 1, false);
  queue_ += message;
  queue_ += '\n';
  ArmTimer();
  UpdateInterest();
  SendQueue();
}

void ServerConnection::Linger() {
  // Closing with unread bytes would send RST, which can destroy the answer on its way.
  channel_.ShutdownSend();
  state_ = State::kLingering;
  since_ = reactor_.Now();
  Empty(&pending_);
  Empty(&body_);
  ArmTimer();
  UpdateInterest();
}

void ServerConnection::Die(bool abort) {
  if (state_ == State::kDead) return;
  state_ = State::kDead;
  handler_ = nullptr;
  reactor_.Cancel(std::exchange(timer_, {}));
  reactor_.Cancel(std::exchange(deferred_, {}));
  reactor_.Cancel(std::exchange(pause_, {}));
  if (std::exchange(interest_, 0) != 0) reactor_.Remove(channel_.fd(), this);
  abort ? channel_.Abort() : channel_.Close();
  server_.Bury(this);
}

void ServerConnection::Gone(GoneReason reason) {
  ServerExchangeHandler* const handler = handler_;
  const bool slow = reason == GoneReason::kSlowReader;
  ++(slow ? server_.stats_.slow_readers : server_.stats_.gone);
  Die(/*abort=*/slow);
  if (handler != nullptr) handler->OnGone(*this, reason);
}

void ServerConnection::GoneLater(GoneReason reason) {
  lost_ = true;
  lost_reason_ = reason;
  Defer();
}

void ServerConnection::Defer() {
  if (deferred_) return;
  deferred_ = reactor_.At(reactor_.Now(), [this] { OnDeferred(); });
}

void ServerConnection::OnDeferred() {
  deferred_ = {};
  if (lost_) {
    Gone(lost_reason_);
  } else if (state_ == State::kIdle && !pending_.empty()) {
    const std::string input = std::exchange(pending_, {});
    Consume(input);
  }
}

void ServerConnection::UpdateInterest() {
  if (reading_ || interest_ == 0) return;
  std::uint32_t wanted = pause_ ? std::uint32_t{EPOLLRDHUP} : std::uint32_t{EPOLLIN};
  wanted |= (handshake_writes_ ? std::uint32_t{EPOLLOUT} : 0U);
  if (state_ == State::kAnswering) {
    // What a client sends ahead stays in the kernel, where it keeps its stamps and holds it back.
    wanted = EPOLLRDHUP | (queued_bytes() > 0 ? std::uint32_t{EPOLLOUT} : 0U);
  } else if (state_ == State::kFlushing || state_ == State::kClosing) {
    wanted = EPOLLOUT;
  }
  if (wanted == interest_) return;
  interest_ = wanted;
  reactor_.Modify(channel_.fd(), wanted, this);
}

}  // namespace roofscape::net
