// Pages of exporters: read line by line, whatever they hold.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/core/check.h"
#include "measure/host/exporter_page.h"
#include "measure/host/inventory.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Bytes are what the fuzzer gives and text is what is read.
  const std::string_view text(reinterpret_cast<const char*>(data), size);  // NOLINT
  for (const auto& reading : roofscape::host::ReadExporterPage(text, {{"x", "host_power_w"}})) {
    RS_CHECK(std::isfinite(reading.value));
    RS_CHECK(roofscape::host::IsSensorMetric(reading.metric));
  }
  const auto chips = roofscape::host::ParseAmdSmi(text);
  RS_CHECK(chips || !chips.error().message.empty());
  return 0;
}
