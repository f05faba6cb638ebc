// The half of Channel that encrypts: TlsSession makes the bytes, the raw calls carry them.

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "base/net/channel.h"

namespace roofscape::net {
namespace {

// Of text encrypted at a time: bounds what waits in memory for a slow reader.
constexpr std::size_t kMostEncrypted = std::size_t{64} << 10;
// More than one record, encrypted, takes.
constexpr std::size_t kRecordBytes = std::size_t{17} << 10;

}  // namespace

void Channel::StartTls(std::unique_ptr<TlsSession> session) {
  tls_ = std::move(session);
  encrypted_ = 0;
  early_.reset();
  tls_error_.clear();
}

TlsStep Channel::Handshake() {
  std::array<char, kRecordBytes> buffer;
  for (;;) {
    const TlsSession::Status status = tls_->Handshake();
    const int error = FlushTls(false);  // After a failure too: it may be an alert that says why.
    if (status == TlsSession::Status::kFailed) return TlsStep::kFailed;
    if (error == EAGAIN) return TlsStep::kWantsWrite;
    if (status == TlsSession::Status::kOk && error == 0) return TlsStep::kDone;
    const Received got = ReceiveRaw(buffer);
    if (got.error == EAGAIN || got.error == EINTR) return TlsStep::kWantsRead;
    if (got.error != 0 || got.bytes == 0) {
      tls_error_ = fmt::format(
          "the other side {} inside the TLS handshake. Check that host and port are those of a "
          "TLS server, and look into its log.",
          got.error != 0 ? "broke the connection" : "closed the connection");
      return TlsStep::kFailed;
    }
    early_ = got;
    tls_->Feed({buffer.data(), got.bytes});
  }
}

int Channel::FlushTls(bool want_stamp) {
  for (;;) {
    const std::string_view bytes = tls_->outgoing();
    if (bytes.empty()) return 0;
    // sendmsg does not write through it; its type just has no const.
    const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    const Sent sent = SendRaw({&part, 1}, want_stamp);
    if (sent.error != 0) return sent.error;
    tls_->Discard(sent.bytes);
  }
}

Sent Channel::SendTls(std::span<const iovec> parts, bool want_stamp) {
  if (encrypted_ == 0) {
    for (const iovec& part : parts) {
      const std::size_t take = std::min(part.iov_len, kMostEncrypted - encrypted_);
      if (take == 0) continue;
      const std::string_view text(static_cast<const char*>(part.iov_base), take);
      if (tls_->Write(text) != TlsSession::Status::kOk) return {EPROTO, 0};
      encrypted_ += take;
    }
  }
  const int error = FlushTls(want_stamp);
  if (error != 0) return {error, 0};
  return {0, std::exchange(encrypted_, 0)};
}

Received Channel::ReceiveTls(std::span<char> buffer) {
  RS_CHECK(buffer.size() >= kTlsBufferBytes);
  // What is encrypted goes to the buffer's end and leaves room for its text and a record begun
  // before.
  const std::size_t encrypted = (buffer.size() - kRecordBytes) / 2;
  const std::span<char> from_wire = buffer.last(encrypted);
  Received got = ReceiveRaw(from_wire);
  if (got.error == EAGAIN && early_) {
    got = *early_;
  } else if (got.error != 0) {
    return got;
  } else {
    tls_->Feed({from_wire.data(), got.bytes});
  }
  early_.reset();
  const bool at_end = got.bytes == 0;
  const TlsSession::Plain plain = tls_->Read(buffer.first(buffer.size() - encrypted));
  static_cast<void>(FlushTls(false));  // Answers of the protocol itself; failing shows later.
  got.bytes = plain.bytes;
  got.ended = plain.status == TlsSession::Status::kClosed;
  got.beyond = tls_->holds_part();
  if (plain.bytes > 0) return got;
  if (plain.status == TlsSession::Status::kFailed) {
    got.error = EPROTO;
  } else if (!got.ended) {
    got.truncated = at_end;
    got.error = at_end ? 0 : EAGAIN;
  }
  return got;
}

}  // namespace roofscape::net
