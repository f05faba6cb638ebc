// Made-up runs, points and logs for the tests of the store.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/core/rng.h"
#include "domain/spec/request_log.h"
#include "domain/spec/run_result.h"

namespace roofscape::store {

/// A run without points: one deployment, two labels, a sweep over `concurrencies`.
spec::RunResult SomeRun(const std::string& id, std::vector<std::int64_t> concurrencies = {1, 2, 4});

/// A complete point whose numbers depend on `seed`.
spec::PointResult SomePoint(std::int64_t index, std::uint64_t seed);

/// A log of `requests` requests with up to 30 events each, some failed with a message.
spec::RequestLog SomeLog(std::uint64_t seed, std::int64_t requests);

/// A folder of its own for one test, removed with everything in it at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace roofscape::store
