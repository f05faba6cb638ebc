#include "base/net/testing/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>

#include <fmt/format.h>

#include "base/core/check.h"

namespace roofscape::net::testing {
namespace {

struct FreeFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using OpenFile = std::unique_ptr<std::FILE, FreeFile>;

EVP_PKEY* NewKey() {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  RS_CHECK(key != nullptr);
  return key;
}

void AddExtension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  RS_CHECK(extension != nullptr);
  RS_CHECK(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

X509* NewCertificate(EVP_PKEY* key, const char* name, int serial,
                     const CertificateOptions& options) {
  X509* const certificate = X509_new();
  RS_CHECK(certificate != nullptr);
  RS_CHECK(X509_set_version(certificate, X509_VERSION_3) == 1);
  RS_CHECK(ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial) == 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), options.valid_from_s);
  X509_gmtime_adj(X509_getm_notAfter(certificate), options.valid_until_s);
  RS_CHECK(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                                      reinterpret_cast<const unsigned char*>(name), -1, -1,
                                      0) == 1);
  RS_CHECK(X509_set_pubkey(certificate, key) == 1);
  return certificate;
}

void WriteCertificate(const std::string& path, X509* certificate) {
  const OpenFile file(std::fopen(path.c_str(), "w"));
  RS_CHECK(file != nullptr && PEM_write_X509(file.get(), certificate) == 1);
}

}  // namespace

TestAuthority::TestAuthority() {
  std::string pattern = (std::filesystem::temp_directory_path() / "roofscape-tls-XXXXXX").string();
  RS_CHECK(mkdtemp(pattern.data()) != nullptr);
  folder_ = pattern;
  key_ = NewKey();
  certificate_ = NewCertificate(key_, folder_.filename().c_str(), 1, {});
  RS_CHECK(X509_set_issuer_name(certificate_, X509_get_subject_name(certificate_)) == 1);
  AddExtension(certificate_, certificate_, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate_, certificate_, NID_key_usage, "critical,keyCertSign");
  RS_CHECK(X509_sign(certificate_, key_, EVP_sha256()) > 0);
  ca_file_ = folder_ / "ca.pem";
  WriteCertificate(ca_file_, certificate_);
}

TestAuthority::~TestAuthority() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

CertificateFiles TestAuthority::Issue(const CertificateOptions& options) {
  const int serial = ++issued_ + 1;
  EVP_PKEY* const key = NewKey();
  X509* const certificate = NewCertificate(key, "Test Server", serial, options);
  RS_CHECK(X509_set_issuer_name(certificate, X509_get_subject_name(certificate_)) == 1);
  AddExtension(certificate, certificate_, NID_subject_alt_name, options.names.c_str());
  RS_CHECK(X509_sign(certificate, key_, EVP_sha256()) > 0);
  const CertificateFiles files = {folder_ / fmt::format("cert{}.pem", serial),
                                  folder_ / fmt::format("key{}.pem", serial)};
  WriteCertificate(files.cert_file, certificate);
  const OpenFile file(std::fopen(files.key_file.c_str(), "w"));
  RS_CHECK(file != nullptr &&
           PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return files;
}

std::string TestAuthority::File(const std::string& name, const std::string& content) {
  const std::filesystem::path path = folder_ / name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

}  // namespace roofscape::net::testing
