#include <cstdint>
#include <span>

#include "service/api/api.h"

namespace roofscape::api {

std::span<const std::uint8_t> OpenApiBytes();

std::string_view OpenApiDocument() {
  const std::span<const std::uint8_t> bytes = OpenApiBytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace roofscape::api
