#include "domain/spec/load_rules.h"

#include <fmt/format.h>

namespace roofscape::spec {

Result<> RefuseIdleUsers(const Load& load) {
  for (const std::int64_t concurrency : load.concurrency) {
    if (!load.requests || *load.requests >= concurrency) continue;
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("requests: {} are too few for concurrency {}: ask for at least one a "
                             "user",
                             *load.requests, concurrency)};
  }
  return {};
}

}  // namespace roofscape::spec
