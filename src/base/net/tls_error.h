// Words for what goes wrong in TLS.
//
// Thread safety: per-thread state of OpenSSL only.

#pragma once

#include <string>
#include <string_view>

struct ssl_st;
struct x509_st;

namespace roofscape::net {

/// Why the session's last call failed, with the cure; empties OpenSSL's queue of errors. `host` is
/// whom a client meant to reach, empty for a server; `names` those in the certificate that it got.
std::string TlsErrorText(const ssl_st* ssl, std::string_view host, std::string_view names);

/// The first few host names that a certificate is for: "'a.example', 'b.example'".
std::string CertificateNames(const x509_st* certificate);

/// The reason of OpenSSL's last error; empties its queue.
std::string TakeTlsReason();

}  // namespace roofscape::net
