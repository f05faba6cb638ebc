#include "base/net/tls_session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/net/tls_error.h"

namespace roofscape::net {
namespace {

int IntSize(std::size_t bytes) {
  return static_cast<int>(std::min<std::size_t>(bytes, std::numeric_limits<int>::max()));
}

}  // namespace

void TlsSession::FreeSession::operator()(ssl_st* ssl) const { SSL_free(ssl); }

TlsSession::TlsSession(std::shared_ptr<TlsContext> context, std::string peer_host)
    : context_(std::move(context)),
      host_(std::move(peer_host)),
      ssl_(SSL_new(context_->context_.get())),
      in_(BIO_new(BIO_s_mem())),
      out_(BIO_new(BIO_s_mem())) {
  RS_CHECK(ssl_ != nullptr && in_ != nullptr && out_ != nullptr);
  // Empty means "not yet", not "the end".
  BIO_set_mem_eof_return(in_, -1);
  BIO_set_mem_eof_return(out_, -1);
  SSL_set_bio(ssl_.get(), in_, out_);
  SSL_set_app_data(ssl_.get(), this);
}

TlsSession::~TlsSession() {
  // Otherwise OpenSSL takes a connection that just ended for broken, and forgets its ticket.
  if (!failed_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

int TlsSession::OnTicket(ssl_st* ssl, ssl_session_st* ticket) {
  auto* const session = static_cast<TlsSession*>(SSL_get_app_data(ssl));
  if (session->host_.empty() || SSL_SESSION_is_resumable(ticket) == 0) return 0;
  session->context_->Keep(session->server_, TlsContext::Ticket(ticket));
  return 1;  // The ticket is ours now.
}

int TlsSession::OnVerify(int ok, x509_store_ctx_st* chain) {
  const int error = X509_STORE_CTX_get_error(chain);
  if (error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    const auto* const ssl = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* const session = static_cast<TlsSession*>(SSL_get_app_data(ssl));
    session->names_ = CertificateNames(X509_STORE_CTX_get_current_cert(chain));
  }
  return ok;
}

void TlsSession::Feed(std::string_view received) {
  if (!established_ && host_.empty() && !received.empty() && BIO_ctrl_pending(in_) == 0 &&
      BIO_number_read(in_) == 0) {
    // A handshake begins with 0x16; a request with its method.
    got_plain_http_ = received.front() >= 'A' && received.front() <= 'Z';
  }
  FollowRecords(received);
  while (!received.empty()) {
    const int taken = BIO_write(in_, received.data(), IntSize(received.size()));
    RS_CHECK(taken > 0);  // Memory; OpenSSL has no other way to fail here.
    received.remove_prefix(static_cast<std::size_t>(taken));
  }
}

TlsSession::Status TlsSession::Judge(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_NONE: return Status::kOk;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return Status::kNeedMore;
    case SSL_ERROR_ZERO_RETURN: peer_closed_ = true; return Status::kClosed;
    default: break;
  }
  failed_ = true;
  error_ = TlsErrorText(ssl_.get(), host_, names_);
  return Status::kFailed;
}

TlsSession::Status TlsSession::Handshake() {
  if (failed_) return Status::kFailed;
  ERR_clear_error();
  const Status status = Judge(SSL_do_handshake(ssl_.get()));
  established_ = status == Status::kOk;
  return status;
}

TlsSession::Plain TlsSession::Read(std::span<char> into) {
  RS_CHECK(established_);
  std::size_t bytes = 0;
  if (failed_) return {Status::kFailed};
  while (bytes < into.size()) {
    ERR_clear_error();
    const int got = SSL_read(ssl_.get(), into.data() + bytes, IntSize(into.size() - bytes));
    if (got <= 0) return {Judge(got), bytes};
    bytes += static_cast<std::size_t>(got);
  }
  return {Status::kOk, bytes};
}

TlsSession::Status TlsSession::Write(std::string_view plain) {
  RS_CHECK(established_);
  while (!plain.empty() && !failed_) {
    ERR_clear_error();
    const int taken = SSL_write(ssl_.get(), plain.data(), IntSize(plain.size()));
    if (taken > 0) {
      plain.remove_prefix(static_cast<std::size_t>(taken));
    } else if (Judge(taken) != Status::kFailed) {
      // Only a handshake in between could ask for more, and those are switched off.
      failed_ = true;
      error_ = "TLS failed: the other side began a new handshake. Turn renegotiation off there.";
    }
  }
  return failed_ ? Status::kFailed : Status::kOk;
}

void TlsSession::Close() {
  if (!established_ || failed_) return;
  ERR_clear_error();
  static_cast<void>(SSL_shutdown(ssl_.get()));
  ERR_clear_error();
}

std::string_view TlsSession::outgoing() const {
  char* data = nullptr;
  const long size = BIO_get_mem_data(out_, &data);
  return size > 0 ? std::string_view(data, static_cast<std::size_t>(size)) : std::string_view();
}

void TlsSession::Discard(std::size_t bytes) {
  if (bytes == outgoing().size()) {
    static_cast<void>(BIO_reset(out_));
    return;
  }
  std::array<char, 4096> gone{};
  while (bytes > 0) {
    const int read = BIO_read(out_, gone.data(), IntSize(std::min(bytes, gone.size())));
    RS_CHECK(read > 0);
    bytes -= static_cast<std::size_t>(read);
  }
}

// OpenSSL does not tell of a record's head that it has read (SSL_has_pending), so we follow them
// ourselves: five bytes, the last two of which are the length of what follows (RFC 8446, 5.1).
void TlsSession::FollowRecords(std::string_view bytes) {
  while (!bytes.empty()) {
    if (record_rest_ > 0) {
      const std::size_t passed = std::min(record_rest_, bytes.size());
      record_rest_ -= passed;
      bytes.remove_prefix(passed);
      continue;
    }
    record_head_[record_head_bytes_++] = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (record_head_bytes_ < record_head_.size()) continue;
    record_head_bytes_ = 0;
    record_rest_ = std::size_t{256} * record_head_[3] + record_head_[4];
  }
}

bool TlsSession::resumed() const { return SSL_session_reused(ssl_.get()) == 1; }

std::string TlsSession::server_name() const {
  const char* const name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  return name != nullptr ? name : "";
}

std::string TlsSession::protocol() const {
  const unsigned char* name = nullptr;
  unsigned bytes = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &bytes);
  return {reinterpret_cast<const char*>(name), bytes};
}

}  // namespace roofscape::net
