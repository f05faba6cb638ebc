#include "base/net/tls_error.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>

#include <fmt/format.h>

#include "base/core/text.h"

namespace roofscape::net {
namespace {

constexpr std::string_view kInsecure = "or go without checking: --insecure";

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

std::string VerifyText(long result, std::string_view host, std::string_view names) {
  switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return fmt::format("the server's certificate has expired. Renew it there, {}.", kInsecure);
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fmt::format(
          "the server's certificate is not valid yet. Check the clocks of both machines, {}.",
          kInsecure);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format(
          "the server's certificate is for {}, not for '{}'. Use a name that it "
          "has, {}.",
          names, host, kInsecure);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return fmt::format(
          "this machine does not trust who signed the server's certificate ({}). "
          "Give the authority's certificate with --ca-file FILE, {}.",
          X509_verify_cert_error_string(result), kInsecure);
    default:
      return fmt::format(
          "the server's certificate does not hold: {}. Put it right there, give "
          "the right authority with --ca-file FILE, {}.",
          X509_verify_cert_error_string(result), kInsecure);
  }
}

std::string ReasonOf(unsigned long code) {
  const char* const reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "an error without a name";
}

}  // namespace

std::string CertificateNames(const x509_st* certificate) {
  constexpr int kMostNames = 4;
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string text;
  int shown = 0;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()) && shown < kMostNames; ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    const auto* const bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    const auto size = static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName));
    text += fmt::format("{}'{}'", shown++ > 0 ? ", " : "", Printable({bytes, size}, 80));
  }
  return text.empty() ? "other names" : text;
}

std::string TakeTlsReason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  return ReasonOf(code);
}

std::string TlsErrorText(const ssl_st* ssl, std::string_view host, std::string_view names) {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (host.empty()) {
    return fmt::format(
        "the TLS handshake with a client failed: {}. Check the client's trust and "
        "its TLS versions.",
        ReasonOf(code));
  }
  const int reason = ERR_GET_REASON(code);
  const long verified = SSL_get_verify_result(ssl);
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verified != X509_V_OK) {
    return VerifyText(verified, host, names);
  }
  if (!SSL_is_init_finished(ssl) &&
      (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
       reason == SSL_R_PACKET_LENGTH_TOO_LONG)) {
    return "what answered does not speak TLS. Use http:// in the URL, or check host and port.";
  }
  return fmt::format(
      "TLS failed: {}. Check that host and port are those of a server of TLS 1.2 or "
      "1.3.",
      ReasonOf(code));
}

}  // namespace roofscape::net
