#include "domain/catalog/serve.h"

#include <optional>

namespace roofscape::catalog {
namespace {

KnownFailure ReadFailure(ObjectReader& reader) {
  KnownFailure failure;
  reader.Required("log", failure.log);
  reader.Required("kind", failure.kind);
  reader.Required("cure", failure.cure);
  if (failure.log.empty()) reader.Fail("log", "must not be empty: it would fit every log");
  return failure;
}

}  // namespace

Serve ReadServe(ObjectReader& reader) {
  Serve serve;
  reader.Optional("command", serve.command);
  reader.Required("listen", serve.listen);
  reader.Required("health", serve.health);
  reader.Optional("version", serve.version);
  serve.failures = reader.ReadEach("failure", ReadFailure);
  return serve;
}

Result<std::map<std::string, Serve>> ParseServing(std::span<const CatalogFile> files) {
  std::map<std::string, Serve> serving;
  for (const CatalogFile& file : files) {
    if (!file.name.starts_with("engines/")) continue;
    RS_ASSIGN_OR_RETURN(const Document document, ParseToml(file.text, file.name));
    ObjectReader reader(document);
    std::string id;
    reader.Required("id", id);
    std::optional<Serve> serve;
    reader.ReadInside("serve", [&](ObjectReader& inside) { serve = ReadServe(inside); });
    if (serve) serving[id] = *std::move(serve);
  }
  return serving;
}

}  // namespace roofscape::catalog
