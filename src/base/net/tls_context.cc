#include "base/net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/net/tls_error.h"
#include "base/net/tls_session.h"

namespace roofscape::net {
namespace {

// ALPN's wire form: each name after its length.
constexpr std::array<unsigned char, 9> kAlpn = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

int ChooseProtocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_bytes,
                   const unsigned char* offered, unsigned offered_bytes, void* /*unused*/) {
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(&found, chosen_bytes, kAlpn.data(), kAlpn.size(),
                                           offered, offered_bytes);
  *chosen = found;
  // A client that offers only others may still speak HTTP/1.1: let the first request tell.
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

Error BadFile(std::string_view what, const std::string& file, std::string_view cure) {
  std::string reason = TakeTlsReason();
  // Of a file that cannot be read it says "system lib".
  if (access(file.c_str(), R_OK) != 0) reason = std::strerror(errno);
  return {ErrorCode::kInvalidArgument, fmt::format("{} '{}': {}. {}", what, file, reason, cure)};
}

void SetCommon(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // Thousands of idle sessions: give the 34 KB of buffers back between records.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
}

}  // namespace

void TlsContext::FreeContext::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
void TlsContext::FreeTicket::operator()(ssl_session_st* ticket) const { SSL_SESSION_free(ticket); }

TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::ForClient(const TlsClientOptions& options) {
  const std::shared_ptr<TlsContext> made(new TlsContext);
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  RS_CHECK(context != nullptr);
  made->context_.reset(context);
  SetCommon(context);
  SSL_CTX_set_alpn_protos(context, kAlpn.data(), kAlpn.size());
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(context, &TlsSession::OnTicket);
  if (!options.verify) return made;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, &TlsSession::OnVerify);
  if (options.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else if (SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1) {
    return BadFile("the authorities' file", options.ca_file,
                   "Give a file of certificates in PEM form.");
  }
  return made;
}

Result<std::shared_ptr<TlsContext>> TlsContext::ForServer(const std::string& cert_file,
                                                          const std::string& key_file) {
  const std::shared_ptr<TlsContext> made(new TlsContext);
  SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
  RS_CHECK(context != nullptr);
  made->context_.reset(context);
  SetCommon(context);
  SSL_CTX_set_alpn_select_cb(context, &ChooseProtocol, nullptr);
  constexpr std::array<unsigned char, 9> kId = {'r', 'o', 'o', 'f', 's', 'c', 'a', 'p', 'e'};
  RS_CHECK(SSL_CTX_set_session_id_context(context, kId.data(), kId.size()) == 1);
  // One ticket is enough: a client keeps one a host.
  RS_CHECK(SSL_CTX_set_num_tickets(context, 1) == 1);
  if (SSL_CTX_use_certificate_chain_file(context, cert_file.c_str()) != 1) {
    return BadFile("the server's certificate", cert_file, "Give a certificate in PEM form.");
  }
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return BadFile("the server's key", key_file,
                   "Give the key of the certificate, in PEM form and without a password.");
  }
  return made;
}

std::unique_ptr<TlsSession> TlsContext::NewClientSession(std::string_view host,
                                                         std::uint16_t port) {
  std::unique_ptr<TlsSession> session(new TlsSession(shared_from_this(), std::string(host)));
  session->server_ = fmt::format("{}:{}", host, port);
  SSL* const ssl = session->ssl_.get();
  SSL_set_connect_state(ssl);
  // An address in SNI is forbidden, and is compared with other fields of the certificate.
  X509_VERIFY_PARAM* const param = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(param, session->host_.c_str()) != 1) {
    // SSL_set_tlsext_host_name is a macro with an old-style cast.
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, session->host_.data());
    RS_CHECK(SSL_set1_host(ssl, session->host_.c_str()) == 1);
  }
  ERR_clear_error();
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto kept = tickets_.find(session->server_);
  if (kept != tickets_.end()) SSL_set_session(ssl, kept->second.get());
  return session;
}

std::unique_ptr<TlsSession> TlsContext::NewServerSession() {
  std::unique_ptr<TlsSession> session(new TlsSession(shared_from_this(), ""));
  SSL_set_accept_state(session->ssl_.get());
  return session;
}

void TlsContext::Keep(const std::string& server, Ticket ticket) {
  const std::lock_guard<std::mutex> lock(mutex_);
  tickets_[server] = std::move(ticket);
}

}  // namespace roofscape::net
