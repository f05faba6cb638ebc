// One TLS connection as a machine of bytes: what came from the wire goes in, plaintext comes out,
// and the other way round. It touches no socket, so that whoever reads the socket keeps the
// kernel's stamps.
//
//   session->Feed(received);                     // always first
//   session->Handshake() until it is kOk;        // and send outgoing() after each call
//   session->Read(buffer); session->Write(text); // likewise
//
// Thread safety: one session, one thread.

#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/net/tls_context.h"

struct ssl_st;
struct bio_st;
struct x509_store_ctx_st;

namespace roofscape::net {

class TlsSession {
 public:
  enum class Status {
    kOk,
    kNeedMore,  // All that was fed is used up.
    kClosed,    // The other side has said that it sends no more (close_notify).
    kFailed,  // error() says why. The session is of no more use, but outgoing() may hold an alert.
  };

  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  ~TlsSession();

  /// Takes bytes from the wire; copies them.
  void Feed(std::string_view received);

  /// Goes on with the handshake: kOk once it is done.
  Status Handshake();

  struct Plain {
    Status status;          // kOk: the buffer is full and there may be more.
    std::size_t bytes = 0;  // Whatever the status.
  };
  /// Decrypts what was fed. REQUIRES: established().
  Plain Read(std::span<char> into);

  /// Encrypts; kOk or kFailed. REQUIRES: established().
  Status Write(std::string_view plain);

  /// Says that no more comes (close_notify).
  void Close();

  /// What has to go to the wire. Lives until the next call of anything.
  std::string_view outgoing() const;
  /// That many bytes of outgoing() have gone.
  void Discard(std::size_t bytes);

  bool established() const { return established_; }
  /// The handshake was shortened by an earlier session.
  bool resumed() const;
  /// The other side's close_notify was read. An end of the stream without it is a truncation.
  bool peer_closed() const { return peer_closed_; }
  /// Of what was fed, part of a record waits for its rest.
  bool holds_part() const { return record_head_bytes_ > 0 || record_rest_ > 0; }
  /// The name for which the client asked (SNI); empty without one.
  std::string server_name() const;
  /// "http/1.1", or empty if the sides did not agree on a protocol.
  std::string protocol() const;
  /// A server's session: the client spoke plain HTTP.
  bool got_plain_http() const { return got_plain_http_; }

  /// What went wrong, ending with the cure.
  const std::string& error() const { return error_; }

 private:
  friend class TlsContext;
  struct FreeSession {
    void operator()(ssl_st* ssl) const;
  };

  TlsSession(std::shared_ptr<TlsContext> context, std::string peer_host);
  void FollowRecords(std::string_view bytes);
  /// What OpenSSL's answer means.
  Status Judge(int result);
  static int OnTicket(ssl_st* ssl, ssl_session_st* ticket);
  static int OnVerify(int ok, x509_store_ctx_st* chain);

  std::shared_ptr<TlsContext> context_;
  std::string host_;    // A client's: whom it meant to reach.
  std::string server_;  // "host:port", under which tickets are kept.
  std::unique_ptr<ssl_st, FreeSession> ssl_;
  bio_st* in_ = nullptr;   // Owned by ssl_.
  bio_st* out_ = nullptr;  // Owned by ssl_.
  bool established_ = false;
  bool peer_closed_ = false;
  bool failed_ = false;
  bool got_plain_http_ = false;
  std::string names_;  // Of a certificate that is for somebody else.
  std::string error_;

  // Where in a record what was fed ends.
  std::array<unsigned char, 5> record_head_{};
  std::size_t record_head_bytes_ = 0;
  std::size_t record_rest_ = 0;
};

}  // namespace roofscape::net
