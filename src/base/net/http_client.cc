#include "base/net/http_client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/core/text.h"
#include "base/net/http_failure.h"

namespace roofscape::net {
namespace {

std::string Human(Nanos t) { return HumanSeconds(ToSeconds(t).value()); }

}  // namespace

// Stands on the stack of whoever is about to run a callback. Watches nest, because Start may be
// called from a callback and runs one itself.
struct HttpConnection::Watch {
  explicit Watch(HttpConnection* c) : connection(c), outer(c->watch_), exchange(c->exchange_) {
    c->watch_ = this;
  }
  ~Watch() {
    if (connection != nullptr) connection->watch_ = outer;
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  bool Gone() const { return connection == nullptr || connection->exchange_ != exchange; }

  HttpConnection* connection;
  Watch* outer;
  std::uint32_t exchange;
};

HttpConnection::HttpConnection(Reactor& reactor, const Endpoint& endpoint, HttpTimeouts timeouts,
                               HttpLimits limits)
    : reactor_(reactor),
      endpoint_(endpoint),
      channel_(reactor.clock(), reactor.stamps()),
      timeouts_(timeouts),
      parser_(limits) {}

HttpConnection::~HttpConnection() {
  Close();
  reactor_.Cancel(timer_);
  for (Watch* watch = watch_; watch != nullptr; watch = watch->outer) watch->connection = nullptr;
}

void HttpConnection::Open(ExchangeHandler* handler) {
  RS_CHECK(!channel_.open());
  Begin(handler);
  opening_ = true;
  Connect();
}

void HttpConnection::Start(RequestBytes request, ExchangeHandler* handler, bool is_head_method) {
  Begin(handler);
  parser_.Reset(is_head_method);
  unsent_ = request;
  if (!channel_.open()) {
    Connect();
    return;
  }
  reused_ = true;
  phase_ = Phase::kSending;
  ArmTimer();
  Send();
}

void HttpConnection::Begin(ExchangeHandler* handler) {
  RS_CHECK(!busy() && handler != nullptr);
  ++exchange_;
  handler_ = handler;
  reused_ = false;
  opening_ = false;
  sent_all_ = false;
  send_error_ = 0;
  reads_ = 0;
  marked_ = false;
  unsent_ = {};
  started_at_ = phase_since_ = reactor_.Now();
  bounds_.Begin(started_at_);
}

void HttpConnection::Connect() {
  phase_ = Phase::kConnecting;
  const int family = endpoint_.address.ss_family;
  channel_.Adopt(Fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)));
  if (!channel_.open()) {
    FailLater(MakeFailure(FailureKind::kClient, OwnLackMessage(errno)));
    return;
  }
  const int one = 1;
  static_cast<void>(setsockopt(channel_.fd(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
  const auto* address = reinterpret_cast<const sockaddr*>(&endpoint_.address);
  if (::connect(channel_.fd(), address, endpoint_.size) != 0 && errno != EINPROGRESS) {
    FailLater(ConnectFailure(errno));
    return;
  }
  // Also after an immediate yes: the loop then reports "writable" at once, and callers see one way.
  SetInterest(EPOLLOUT);
  if (later_ == nullptr) ArmTimer();
}

void HttpConnection::OnConnectReady() {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(channel_.fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) {
    Fail(ConnectFailure(error));
    return;
  }
  channel_.OnConnected();
  if (endpoint_.tls != nullptr) {
    channel_.StartTls(endpoint_.tls->NewClientSession(endpoint_.host, endpoint_.port));
    ShakeHands();
  } else {
    Connected();
  }
}

void HttpConnection::ShakeHands() {
  switch (channel_.Handshake()) {
    case TlsStep::kDone: Connected(); return;
    case TlsStep::kWantsRead: SetInterest(EPOLLIN); return;
    case TlsStep::kWantsWrite: SetInterest(EPOLLIN | EPOLLOUT); return;
    case TlsStep::kFailed: Fail(MakeFailure(FailureKind::kProtocol, channel_.tls_error())); return;
  }
}

void HttpConnection::Connected() {
  const Instant now = reactor_.Now();
  const Nanos took = now - phase_since_;
  SetInterest(EPOLLIN);
  if (opening_) {
    Release()->OnConnected(took);
    return;
  }
  phase_ = Phase::kSending;
  phase_since_ = now;
  ArmTimer();
  const Watch watch(this);
  handler_->OnConnected(took);
  if (!watch.Gone()) Send();
}

void HttpConnection::OnReady(std::uint32_t events) {
  if ((events & EPOLLERR) != 0 && phase_ != Phase::kConnecting) {
    // Transmit stamps come as "errors". A real one shows in the next receive.
    const Watch watch(this);
    const bool stamps_only = TakeTransmitStamp() && (events & ~std::uint32_t{EPOLLERR}) == 0;
    if (stamps_only || watch.Gone()) return;
  }
  if (phase_ == Phase::kConnecting) {
    channel_.tls() == nullptr ? OnConnectReady() : ShakeHands();
  } else if (phase_ == Phase::kIdle) {
    // The server closed, or sent what nobody asked for; a TLS ticket is neither.
    const bool ticket =
        channel_.tls() != nullptr && channel_.Receive(reactor_.read_buffer()).error == EAGAIN;
    if (!ticket) CloseSocket();
  } else if ((events & EPOLLOUT) != 0) {
    const Watch watch(this);
    Send();
    if (!watch.Gone() && channel_.open() && (events & ~std::uint32_t{EPOLLOUT}) != 0) Receive();
  } else {
    Receive();
  }
}

void HttpConnection::Send() {
  while (!unsent_.head.empty() || !unsent_.body.empty()) {
    // An answer cannot come before this: once the call has begun, it can.
    const Instant before = reactor_.Now();
    // sendmsg does not write through these; its type just has no const.
    const std::array<iovec, 2> parts = {
        iovec{const_cast<char*>(unsent_.head.data()), unsent_.head.size()},
        iovec{const_cast<char*>(unsent_.body.data()), unsent_.body.size()}};
    // Before any of it has left: some servers send the answer's head at once, and a segment that
    // was here before the mark would be missed in the count.
    if (!marked_) channel_.MarkSegments();
    marked_ = true;
    const Sent sent = channel_.Send(parts, /*want_stamp=*/true);
    if (sent.error != 0) {
      SendFailed(sent.error);
      return;
    }
    if (phase_ == Phase::kSending) bounds_.Begin(before);
    const std::size_t of_head = std::min(sent.bytes, unsent_.head.size());
    unsent_.head.remove_prefix(of_head);
    unsent_.body.remove_prefix(sent.bytes - of_head);
  }
  sent_all_ = true;
  if (phase_ == Phase::kSending) phase_ = Phase::kWaiting;
  SetInterest(EPOLLIN);
  const Watch watch(this);
  handler_->OnSent(reactor_.Now());
  // On a fast path the stamp is there already, which saves a wake-up.
  if (!watch.Gone()) TakeTransmitStamp();
}

/// True if the kernel's error queue held a stamp.
bool HttpConnection::TakeTransmitStamp() {
  const bool awaited = channel_.awaits_stamp();
  const auto stamp = channel_.TakeTransmitStamp();
  if (stamp && handler_ != nullptr && sent_all_) handler_->OnTransmitted(*stamp);
  return awaited && stamp;
}

void HttpConnection::SendFailed(int error) {
  if (error == EAGAIN) {
    SetInterest(EPOLLIN | EPOLLOUT);
  } else if (error == EPIPE || error == ECONNRESET) {
    // The server may have answered before it closed its ear: let the next read tell.
    send_error_ = error;
    unsent_ = {};
    SetInterest(EPOLLIN);
  } else {
    FailLater(LostFailure(error));
  }
}

void HttpConnection::Receive() {
  const std::span<char> buffer = reactor_.read_buffer();
  const Received got = channel_.Receive(buffer);
  if (got.error != 0) {
    if (got.error != EAGAIN && got.error != EINTR) Fail(LostFailure(got.error));
    return;
  }
  reactor_.NoteRead(got.stamp, got.by_kernel ? std::optional(got.arrived) : std::nullopt);
  ReadInfo read;
  const ReadBounds::Moments moments = bounds_.Of(got);
  read.stamp = got.stamp;
  read.arrived = moments.arrived;
  read.grain = moments.grain;
  read.by_kernel = moments.by_kernel;
  read.not_before = moments.not_before;
  read.woke_at = reactor_.woke_at();
  read.ready_after = reactor_.ready_after();
  read.read_index = reads_++;
  read.bytes = got.bytes;
  read.data = buffer.data();
  read.stream_offset = std::exchange(received_, received_ + got.bytes);
  read.drained = got.drained;
  read.beyond = got.beyond;
  if (phase_ == Phase::kReading) phase_since_ = got.stamp;
  if (got.bytes == 0) {
    HandleEof(read, got.truncated);
  } else {
    const Watch watch(this);
    HandleBytes({buffer.data(), read.bytes}, read);
    if (!got.ended || watch.Gone()) return;
    read.bytes = 0;
    HandleEof(read, false);
  }
}

void HttpConnection::HandleBytes(std::string_view input, const ReadInfo& read) {
  const Watch watch(this);
  for (;;) {
    switch (parser_.Next(&input)) {
      case HttpResponseParser::Item::kNeedMore: return;
      case HttpResponseParser::Item::kHead:
        if (Compressed()) {
          Fail(MakeFailure(FailureKind::kProtocol,
                           "the answer is compressed although the request asked for plain bytes. "
                           "Turn compression off in the server or the proxy before it."));
          return;
        }
        handler_->OnHead(parser_.head(), read);
        break;
      case HttpResponseParser::Item::kBody:
        if (phase_ != Phase::kReading) {
          // Not at the head: some servers send it at once and then let the request queue.
          phase_ = Phase::kReading;
          phase_since_ = read.stamp;
          ArmTimer();
        }
        handler_->OnBody(parser_.body(), read);
        break;
      case HttpResponseParser::Item::kEnd: EndExchange(read, !input.empty()); return;
      case HttpResponseParser::Item::kError:
        Fail(MakeFailure(FailureKind::kProtocol,
                         fmt::format("{}. Check that host and port are those of the HTTP server.",
                                     parser_.error())));
        return;
    }
    if (watch.Gone()) return;
  }
}

bool HttpConnection::Compressed() const {
  const auto coding = parser_.head().Find("content-encoding");
  return coding && !coding->empty() && !EqualsIgnoreCase(*coding, "identity");
}

void HttpConnection::HandleEof(const ReadInfo& read, bool truncated) {
  if (parser_.AtEof() == HttpResponseParser::Item::kEnd) {
    if (truncated) {
      Fail(MakeFailure(FailureKind::kClosedEarly,
                       "the TLS connection was cut without a goodbye, so that the answer's end "
                       "cannot be trusted. Look into the server's log for why it stopped."));
    } else {
      EndExchange(read, false);
    }
    return;
  }
  if (send_error_ != 0) {
    Fail(LostFailure(send_error_));
    return;
  }
  Failure failure = MakeFailure(
      FailureKind::kClosedEarly,
      fmt::format("{}. Look into the server's log for why it stopped.", parser_.error()));
  failure.stale_keep_alive = reused_ && !parser_.started();
  Fail(failure);
}

ExchangeHandler* HttpConnection::Release() {
  ++exchange_;
  phase_ = Phase::kIdle;
  unsent_ = {};
  return std::exchange(handler_, nullptr);
}

void HttpConnection::EndExchange(const ReadInfo& read, bool rest_unused) {
  const bool said_goodbye = channel_.tls() != nullptr && channel_.tls()->peer_closed();
  if (!parser_.keep_alive() || !sent_all_ || rest_unused || read.bytes == 0 || said_goodbye) {
    CloseSocket();
  }
  Release()->OnEnd(read);
}

std::int64_t HttpConnection::Retransmits() const {
  tcp_info info{};
  socklen_t size = sizeof(info);
  const bool told =
      channel_.open() && getsockopt(channel_.fd(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
  return retransmits_ + (told ? info.tcpi_total_retrans : 0);
}

void HttpConnection::CloseSocket() {
  retransmits_ = Retransmits();
  received_ = 0;
  if (interest_ != 0) reactor_.Remove(channel_.fd(), this);
  interest_ = 0;
  channel_.Close();
}

void HttpConnection::Cancel() {
  if (!busy()) return;
  Release();
  reactor_.Cancel(std::exchange(later_timer_, {}));
  later_.reset();
  CloseSocket();
}

void HttpConnection::Close() {
  Cancel();
  CloseSocket();
}

void HttpConnection::SetInterest(std::uint32_t events) {
  if (events == interest_) return;
  if (interest_ != 0) {
    reactor_.Modify(channel_.fd(), events, this);
  } else if (const auto added = reactor_.Add(channel_.fd(), events, this); !added) {
    FailLater(MakeFailure(FailureKind::kClient, added.error().message));
    return;
  }
  interest_ = events;
}

Failure HttpConnection::MakeFailure(FailureKind kind, std::string_view what) const {
  return {kind, phase_, false, fmt::format("{}: {}", endpoint_.origin, what)};
}

Failure HttpConnection::ConnectFailure(int error) const {
  if (IsOurOwnLack(error)) return MakeFailure(FailureKind::kClient, OwnLackMessage(error));
  return MakeFailure(FailureKind::kConnect, ConnectMessage(error));
}

Failure HttpConnection::LostFailure(int error) const {
  if (error == EPROTO && channel_.tls() != nullptr) {
    return MakeFailure(FailureKind::kProtocol, channel_.tls_error());
  }
  const bool ours = error == ENOMEM || error == ENOBUFS;
  Failure failure = MakeFailure(
      ours ? FailureKind::kClient : FailureKind::kReset,
      ours ? OwnLackMessage(error)
           : fmt::format("the connection was lost {}: {}. Look into the server's log for why it "
                         "stopped.",
                         parser_.started() ? "inside the answer" : "before an answer",
                         std::strerror(error)));
  failure.stale_keep_alive = !ours && reused_ && !parser_.started();
  return failure;
}

Nanos HttpConnection::PhaseLimit() const {
  switch (phase_) {
    case Phase::kIdle: break;
    case Phase::kConnecting: return timeouts_.connect;
    case Phase::kSending:
    case Phase::kWaiting: return timeouts_.first_byte;
    case Phase::kReading: return timeouts_.idle;
  }
  return Nanos{0};
}

Failure HttpConnection::TimeoutFailure() const {
  const Nanos limit = PhaseLimit();
  const std::string time = Human(limit);
  std::string what;
  if (limit == Nanos{0} || reactor_.Now() < phase_since_ + limit) {
    what = fmt::format("no complete answer within {}. Allow more time, or ask for less.",
                       Human(timeouts_.total));
  } else if (phase_ == Phase::kConnecting) {
    what = fmt::format(
        "no connection within {}. Check host and port, and that no firewall drops packets.", time);
  } else if (phase_ == Phase::kReading) {
    what = fmt::format("the answer stopped for {}. Look into the server's log, or allow more time.",
                       time);
  } else {
    what = fmt::format(
        "no byte of an answer within {}. Is the server overloaded or still loading? Look into its "
        "log, or allow more time.",
        time);
  }
  return MakeFailure(FailureKind::kTimeout, what);
}

void HttpConnection::Fail(const Failure& failure) {
  CloseSocket();
  Release()->OnError(failure);
}

void HttpConnection::FailLater(Failure failure) {
  CloseSocket();
  later_ = std::make_unique<Failure>(std::move(failure));
  later_timer_ = reactor_.At(reactor_.Now(), [this] {
    later_timer_ = {};
    const std::unique_ptr<Failure> due = std::move(later_);
    Fail(*due);
  });
}

Instant HttpConnection::Deadline() const {
  if (phase_ == Phase::kIdle) return Instant::max();
  const Nanos limit = PhaseLimit();
  Instant deadline = limit > Nanos{0} ? phase_since_ + limit : Instant::max();
  if (timeouts_.total > Nanos{0}) deadline = std::min(deadline, started_at_ + timeouts_.total);
  return deadline;
}

void HttpConnection::ArmTimer() {
  const Instant deadline = Deadline();
  // A timer that fires too early looks again; only one that would fire too late must be replaced.
  if (deadline == Instant::max() || (timer_ && timer_at_ <= deadline)) return;
  reactor_.Cancel(timer_);
  timer_at_ = deadline;
  timer_ = reactor_.At(deadline, [this] { OnTimer(); });
}

void HttpConnection::OnTimer() {
  timer_ = {};
  if (!busy() || later_ != nullptr) return;
  if (reactor_.Now() >= Deadline()) {
    Fail(TimeoutFailure());
  } else {
    ArmTimer();
  }
}

}  // namespace roofscape::net
