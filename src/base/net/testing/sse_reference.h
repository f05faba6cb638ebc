// The event-stream format of the WHATWG HTML standard, written for being obviously right: it takes
// the whole stream at once and follows the standard's text step by step. The fast parser must agree
// with it on every stream and every cut (property tests and the fuzzer).

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/rng.h"
#include "base/net/sse_parser.h"

namespace roofscape::net::testing {

/// A dispatched event, or a comment.
struct SseItem {
  bool comment = false;
  std::string type;
  std::string data;  // Or the comment's text.
  std::string id;

  friend bool operator==(const SseItem&, const SseItem&) = default;
};

struct SseOutcome {
  std::vector<SseItem> items;
  bool truncated = false;
  std::optional<std::uint64_t> retry_ms;

  friend bool operator==(const SseOutcome&, const SseOutcome&) = default;
};

/// What the standard says of the stream.
SseOutcome ParseSseByTheStandard(std::string_view stream);

/// What SseParser says of it when it comes in these pieces.
SseOutcome ParseSsePieces(const std::vector<std::string_view>& pieces);

/// The stream cut at random into pieces of 0 to 2 * `mean` bytes.
std::vector<std::string_view> CutAtRandom(std::string_view stream, std::size_t mean, Rng* rng);

/// For failure texts.
std::string Describe(const SseOutcome& outcome);

}  // namespace roofscape::net::testing
