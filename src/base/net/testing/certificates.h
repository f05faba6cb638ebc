// A throwaway authority and server certificates, made when a test runs, in a folder of their own
// that goes away with the authority.

#pragma once

#include <filesystem>
#include <string>

struct evp_pkey_st;
struct x509_st;

namespace roofscape::net::testing {

struct CertificateOptions {
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";  // As OpenSSL's subjectAltName has it.
  long valid_from_s = -3600;                                // Relative to now.
  long valid_until_s = 86400;
};

struct CertificateFiles {
  std::string cert_file;
  std::string key_file;
};

class TestAuthority {
 public:
  /// Aborts if OpenSSL or the disk refuses.
  TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;
  ~TestAuthority();

  /// A certificate signed by this authority, and its key.
  CertificateFiles Issue(const CertificateOptions& options = {});

  /// The authority's own certificate, for --ca-file.
  const std::string& ca_file() const { return ca_file_; }
  /// A file of that name in the authority's folder, with that content.
  std::string File(const std::string& name, const std::string& content);

 private:
  std::filesystem::path folder_;
  std::string ca_file_;
  evp_pkey_st* key_ = nullptr;
  x509_st* certificate_ = nullptr;
  int issued_ = 0;
};

}  // namespace roofscape::net::testing
