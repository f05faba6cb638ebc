// What TLS sessions of one kind share: certificates, trust, and the tickets that make a second
// connection to a host cheap. OpenSSL 3; TLS 1.2 and 1.3, ALPN http/1.1.
//
// Thread safety: a context may be shared by threads; only the making of sessions and new tickets
// take a lock. It lives as long as a session of it does.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/core/result.h"

struct ssl_ctx_st;
struct ssl_session_st;

namespace roofscape::net {

class TlsSession;

/// How a client decides whom to trust.
struct TlsClientOptions {
  std::string ca_file;  // PEM, the authorities to trust; empty: those of the system.
  bool verify = true;   // False: any certificate will do (--insecure).
};

class TlsContext : public std::enable_shared_from_this<TlsContext> {
 public:
  /// kNotFound or kInvalidArgument if the file does not serve.
  static Result<std::shared_ptr<TlsContext>> ForClient(const TlsClientOptions& options);

  /// `cert_file` holds the certificate, then those that lead to its authority; both files are PEM.
  static Result<std::shared_ptr<TlsContext>> ForServer(const std::string& cert_file,
                                                       const std::string& key_file);

  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

  /// A client's session with `host`, a name or an address: the certificate must be for it. Resumes
  /// an earlier session with that host and port if it can. REQUIRES: made by ForClient.
  std::unique_ptr<TlsSession> NewClientSession(std::string_view host, std::uint16_t port);

  /// REQUIRES: made by ForServer.
  std::unique_ptr<TlsSession> NewServerSession();

 private:
  friend class TlsSession;
  struct FreeContext {
    void operator()(ssl_ctx_st* context) const;
  };
  struct FreeTicket {
    void operator()(ssl_session_st* ticket) const;
  };
  using Ticket = std::unique_ptr<ssl_session_st, FreeTicket>;

  TlsContext() = default;
  void Keep(const std::string& server, Ticket ticket);

  std::unique_ptr<ssl_ctx_st, FreeContext> context_;
  std::mutex mutex_;
  std::map<std::string, Ticket> tickets_;  // By "host:port"; guarded by mutex_.
};

}  // namespace roofscape::net
