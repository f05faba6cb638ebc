// What somebody asks to have measured over HTTP: the body of POST /api/v1/queue, and the command
// that it stands for. It can say much less than the command line: no file, no header, no key, and
// only servers of this machine, so that nobody measures, or reaches, others through it.
//
// Errors: kInvalidArgument that names the field. Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/json.h"
#include "base/core/result.h"

namespace roofscape::api {

/// In the units of the names; as `roofscape bench` has them.
struct BenchRequest {
  std::string url;    // http://127.0.0.1:8000, with a path perhaps.
  std::string api;    // "chat", ...
  std::string model;  // Empty: the first that the server lists.
  std::string chip;   // Empty: not told.
  std::optional<std::int64_t> chips;
  std::vector<std::int64_t> concurrency;  // Of a closed loop; or
  std::vector<double> rate_rps;           // of an open one.
  std::int64_t input_tokens = 1024;
  std::int64_t output_tokens = 1024;
  std::optional<std::int64_t> requests_per_slot;
  std::optional<double> duration_s;

  friend bool operator==(const BenchRequest&, const BenchRequest&) = default;
};

/// Refuses unknown fields, and more than a day's work for anybody: see the limits in the document.
Result<BenchRequest> ReadBenchRequest(std::string_view body);

Json ToJson(const BenchRequest& request);

/// The words behind the program. Values stand behind '=', so that none is taken for a flag.
std::vector<std::string> ArgumentsOf(const BenchRequest& request);

}  // namespace roofscape::api
