// What one request says: its latencies and token counts, from its stamps and events alone. The
// definitions: docs/reference/metrics.md. Everything above (points, windows, charts) is made of
// this.
//
// A value that the log does not give is missing. Stamps are nanoseconds of the request log, results
// are seconds. Events without a time stamp take no part.
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/stats/quantile.h"
#include "domain/spec/request_log.h"

namespace roofscape::metrics {

struct RequestMetrics {
  bool success = false;  // Outcome::kOk

  /// First and last event that carries tokens, and the first whose tokens are not reasoning.
  std::optional<std::int64_t> first_token_ns, last_token_ns, first_answer_ns;

  std::optional<double> ttft_s;          // first token - intended
  std::optional<double> ttft_from_tx_s;  // first token - tx, or - sent where tx is not stamped
  std::optional<double> ttfa_s;          // first answer - intended
  std::optional<double> e2e_s;           // last token - intended
  std::optional<double> send_delay_s;    // sent - intended
  std::optional<double> connect_s;       // missing on a kept connection
  /// (last token - first token) / (n - tokens in the first token event). n is what the server
  /// counted, so an event that held several tokens and was counted as one does not distort it.
  /// Missing where the divisor is not positive, and where there is only one token event.
  std::optional<double> tpot_s;
  std::optional<double> interactivity_tps;      // 1 / tpot
  std::optional<double> e2e_interactivity_tps;  // n / e2e

  std::optional<std::int64_t> input_tokens;   // as counted by the server, else as asked
  std::optional<std::int64_t> output_tokens;  // n: `output_tokens` of the log, else event tokens
  std::int64_t event_tokens = 0;              // sum over the token events
};

/// REQUIRES: `events` are those of `request`, in order of time.
RequestMetrics ComputeRequest(const spec::Request& request, std::span<const spec::Event> events);

/// Gaps between the token events of answers, pooled over requests.
struct TokenGaps {
  std::vector<double> icl_s;          // one sample an event: the gap, undivided
  std::vector<std::uint16_t> tokens;  // in the event that ends it, each: the gap / tokens is ITL
};

/// The spread of ICL, and that of ITL: one sample a token. `gaps` may be put in another order.
struct GapSpreads {
  stats::Spread icl_s, itl_s;
};
GapSpreads SummarizeGaps(TokenGaps& gaps);

/// Adds the gaps of one request. The first token event ends no gap.
void AppendTokenGaps(std::span<const spec::Event> events, TokenGaps& gaps);

/// True for a stamped event that carries tokens.
bool IsTokenEvent(const spec::Event& event);

/// Tokens in a token event: at least 1, whatever a careless writer has counted.
std::int64_t TokensIn(const spec::Event& event);

/// Tokens that the request's output counts for, one by one in time: sink(time_ns, tokens) for each
/// token event. Where the server counted another number than the events carry, each event counts in
/// proportion, so that the shares add up to n; a count without any token event counts at the end.
template <class Sink>
void ForEachOutput(const spec::Request& request, std::span<const spec::Event> events, Sink&& sink) {
  std::int64_t event_tokens = 0;
  for (const spec::Event& event : events) {
    if (IsTokenEvent(event)) event_tokens += TokensIn(event);
  }
  const bool counted = request.output_tokens >= 0;
  if (event_tokens == 0) {
    if (counted && request.output_tokens > 0 && request.end_ns != spec::kNoStamp) {
      sink(request.end_ns, static_cast<double>(request.output_tokens));
    }
    return;
  }
  const double scale =
      counted ? static_cast<double>(request.output_tokens) / static_cast<double>(event_tokens)
              : 1.0;
  for (const spec::Event& event : events) {
    if (IsTokenEvent(event)) sink(event.time_ns, scale * static_cast<double>(TokensIn(event)));
  }
}

/// When the request entered the system: intended, or sent where no schedule was stamped. kNoStamp
/// when neither is known; such a row belongs to no window.
std::int64_t ArrivalOf(const spec::Request& request);

/// Difference of two stamps in seconds. Never overflows in the sense of undefined behaviour.
double SecondsBetween(std::int64_t from_ns, std::int64_t to_ns);

}  // namespace roofscape::metrics
