// A request log as it comes out of a database: any bytes are refused or decode to a log whose own
// encoding decodes to the same log.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/core/check.h"
#include "domain/spec/request_log.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using roofscape::spec::DecodeRequestLog;
  using roofscape::spec::EncodeRequestLog;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto log = DecodeRequestLog(bytes);
  if (!log) return 0;
  const auto again = DecodeRequestLog(EncodeRequestLog(*log));
  RS_CHECK(again && *again == *log);
  return 0;
}
