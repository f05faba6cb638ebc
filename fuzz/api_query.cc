// The query of a request to the dashboard's API: whatever a stranger sends is read or refused, and
// what was read can be written and read again.

#include <cstdint>
#include <string_view>

#include "base/core/check.h"
#include "service/api/params.h"
#include "service/api/selection.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace api = roofscape::api;
  const std::string_view query(reinterpret_cast<const char*>(data), size);
  const auto params = api::Params::Parse(query);
  if (!params) {
    RS_CHECK(api::IsCleanText(params.error().message));
    return 0;
  }
  const std::string key = params->Canonical();
  RS_CHECK(api::IsCleanText(key));
  static const roofscape::catalog::Catalog kCatalog;
  const auto selection = api::ReadSelection(*params, kCatalog);
  if (!selection) {
    RS_CHECK(!api::ParameterOf(selection.error()).empty());
    return 0;
  }
  for (const api::Wanted& wanted : selection->fields) {
    for (const std::string& value : wanted) RS_CHECK(api::IsCleanText(value));
  }
  return 0;
}
