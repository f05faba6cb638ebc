// What the golden server is told to do: how long until the first token, how long between tokens,
// how the stream is cut and dressed, and what goes wrong. Written as TOML or JSON; the reference is
// docs/reference/twin-script.md.
//
// What a request gets depends only on the script, its seed and the request's id, never on when or
// in which order requests come: two runs of one client meet the same server.
//
// Ownership: plain values. Thread safety: plain values.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/document.h"
#include "base/core/result.h"
#include "base/core/rng.h"
#include "service/twin/dialect.h"
#include "service/twin/framing.h"

namespace roofscape::twin {

/// A number that each use draws anew: fixed, uniform in [low, high], one of a list in turn, or
/// log-normal (median, sigma of the logarithm).
struct Draw {
  enum class Kind { kFixed, kUniform, kCycle, kLognormal };
  Kind kind = Kind::kFixed;
  double low = 0;   // The value; or the median.
  double high = 0;  // Or sigma.
  std::vector<double> values;

  static Draw Fixed(double value) { return {Kind::kFixed, value, 0, {}}; }
  /// The value of use number `index`.
  double Next(Rng& rng, std::int64_t index) const;

  friend bool operator==(const Draw&, const Draw&) = default;
};

enum class TextStyle { kAscii, kEscapes, kUtf8 };

/// How one request is answered.
struct Behaviour {
  Draw ttft_ms = Draw::Fixed(50);
  Draw gap_ms = Draw::Fixed(10);              // Between two events with tokens.
  Draw tokens_per_event = Draw::Fixed(1);     // At least 1.
  Draw reasoning_tokens = Draw::Fixed(0);     // The first so many are reasoning.
  std::optional<std::int64_t> output_tokens;  // Missing: as many as the request asks for.
  std::int64_t events_per_write = 1;          // So many events leave in one send.
  std::vector<std::int64_t> split_bytes;      // Each write is cut at these offsets into sends...
  double split_gap_ms = 0;                    // ...so far apart.
  std::int64_t hold_back = 0;                 // Every so many-th event has tokens but no text.
  double comment_every_ms = 0;                // Keep-alive comments while nothing else comes.
  // Missing: as the dialect does.
  std::optional<RoleStyle> role;
  std::optional<FinishStyle> finish;
  std::optional<UsageStyle> usage;
  std::optional<bool> done;        // The stream ends with [DONE].
  std::optional<bool> data_space;  // A blank behind "data:".
  std::optional<bool> event_name;  // A line "event: ..." before the data.

  LineEnd line_end = LineEnd::kLf;
  TextStyle text = TextStyle::kAscii;
  bool token_ids = false;    // A token_ids array in each chunk.
  bool head_early = true;    // The response's head leaves at once, else with the first event.
  bool incremental = false;  // SGLang's /generate sends what is new, not all so far.
  bool tool_call = false;    // A chat's answer is a call of a function.
  std::optional<std::int64_t> cached_tokens;  // Of the prompt, told where the dialect tells it.
  std::vector<std::string> refuses;           // Fields of requests that are answered with a 400.

  // What goes wrong; each missing or 0: does not.
  std::int64_t error_status = 0;            // Instead of an answer.
  std::optional<std::int64_t> error_after;  // An error event after so many tokens.
  std::optional<std::int64_t> reset_after;  // Connection torn down after so many tokens.
  std::optional<std::int64_t> close_after;  // Closed in good order, in the middle.
  std::optional<std::int64_t> stall_after;  // Nothing for stall_ms after so many tokens.
  double stall_ms = 0;

  friend bool operator==(const Behaviour&, const Behaviour&) = default;
};

/// Requests that are answered otherwise: the share of all ids that their hash picks, or every n-th
/// arrival.
struct Exception {
  double share = 0;
  std::int64_t every = 0;
  Behaviour behaviour;

  friend bool operator==(const Exception&, const Exception&) = default;
};

/// While the clock is inside [from, to) after the first request, no token leaves: a server that
/// stands still, for tests of coordinated omission.
struct Freeze {
  double from_s = 0;
  double to_s = 0;

  friend bool operator==(const Freeze&, const Freeze&) = default;
};

struct Script {
  std::string model = "golden";
  DialectName dialect = DialectName::kGolden;
  std::int64_t read_bytes = 0;  // Requests are read so many bytes at a time; 0: all at once...
  double read_pause_ms = 1;     // ...with a pause after each.
  std::uint64_t seed = 1;
  Behaviour usual;
  std::vector<Exception> exceptions;  // The first that applies counts.
  std::vector<Freeze> freezes;

  friend bool operator==(const Script&, const Script&) = default;
};

/// Reads a script; errors name file, line, field and cure.
Result<Script> ScriptFromDocument(const Document& document);

/// Parses TOML, or JSON where the first character is a brace.
Result<Script> ParseScript(std::string_view text, const std::string& source);

/// A hash of an id that is the same on every machine (FNV-1a).
std::uint64_t HashOf(std::string_view id);

/// How the request with this id, the `arrival`-th of the server (from 0), is answered.
const Behaviour& BehaviourOf(const Script& script, std::uint64_t id_hash, std::int64_t arrival);

}  // namespace roofscape::twin
