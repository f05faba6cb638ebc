// The input is a trace file. What is accepted is in order, of lengths that make sense, and its
// hashes lie inside the table.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/core/check.h"
#include "domain/workload/trace.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto trace = roofscape::workload::ParseTrace(text);
  if (!trace) {
    RS_CHECK(trace.error().message.starts_with("trace: "));
    return 0;
  }
  RS_CHECK(!trace->requests.empty() && trace->requests.front().at.count() == 0);
  roofscape::Nanos before{0};
  for (const auto& request : trace->requests) {
    RS_CHECK(request.at >= before && request.input_tokens >= 1 && request.output_tokens >= 1);
    before = request.at;
    RS_CHECK(request.first_hash + request.hash_count <= trace->hashes.size());
    for (const std::uint64_t hash : trace->HashesOf(request)) RS_CHECK(hash != 0);
    const auto tokens = static_cast<std::int64_t>(request.hash_count) * trace->chunk_tokens;
    RS_CHECK(tokens <= request.input_tokens);
  }
  return 0;
}
