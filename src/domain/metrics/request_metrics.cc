#include "domain/metrics/request_metrics.h"

#include <algorithm>

namespace roofscape::metrics {
namespace {

using spec::kNoStamp;

std::optional<double> Since(std::int64_t from_ns, std::optional<std::int64_t> to_ns) {
  if (from_ns == kNoStamp || !to_ns || *to_ns == kNoStamp) return std::nullopt;
  return SecondsBetween(from_ns, *to_ns);
}

std::optional<std::int64_t> FirstKnown(std::int64_t a, std::int64_t b) {
  if (a >= 0) return a;
  if (b >= 0) return b;
  return std::nullopt;
}

}  // namespace

bool IsTokenEvent(const spec::Event& event) {
  return event.time_ns != kNoStamp && spec::CarriesTokens(event.kind);
}

std::int64_t TokensIn(const spec::Event& event) { return std::max<std::int64_t>(1, event.tokens); }

std::int64_t ArrivalOf(const spec::Request& request) {
  return request.intended_ns != kNoStamp ? request.intended_ns : request.sent_ns;
}

double SecondsBetween(std::int64_t from_ns, std::int64_t to_ns) {
  const std::uint64_t difference =
      static_cast<std::uint64_t>(to_ns) - static_cast<std::uint64_t>(from_ns);
  return static_cast<double>(static_cast<std::int64_t>(difference)) * 1e-9;
}

RequestMetrics ComputeRequest(const spec::Request& request, std::span<const spec::Event> events) {
  RequestMetrics m;
  m.success = request.outcome == spec::Outcome::kOk;
  std::int64_t tokens_in_first = 0;
  for (const spec::Event& event : events) {
    if (!IsTokenEvent(event)) continue;
    if (!m.first_token_ns) {
      m.first_token_ns = event.time_ns;
      tokens_in_first = TokensIn(event);
    }
    if (!m.first_answer_ns && event.kind != spec::EventKind::kReasoning) {
      m.first_answer_ns = event.time_ns;
    }
    m.last_token_ns = event.time_ns;
    m.event_tokens += TokensIn(event);
  }

  m.input_tokens = FirstKnown(request.input_tokens, request.input_tokens_asked);
  // Without any count, what was seen is what there was.
  m.output_tokens = FirstKnown(request.output_tokens, m.event_tokens);

  const std::int64_t arrival = ArrivalOf(request);
  m.ttft_s = Since(arrival, m.first_token_ns);
  m.ttft_from_tx_s =
      Since(request.tx_ns != kNoStamp ? request.tx_ns : request.sent_ns, m.first_token_ns);
  m.ttfa_s = Since(arrival, m.first_answer_ns);
  m.e2e_s = Since(arrival, m.last_token_ns);
  m.send_delay_s = Since(request.intended_ns, request.sent_ns);
  // Making a connection takes the network's and the server's time, not the client's.
  if (m.send_delay_s) {
    m.send_delay_s =
        std::max(0.0, *m.send_delay_s - 1e-9 * static_cast<double>(request.connect_ns));
  }
  if (request.connect_ns > 0) m.connect_s = SecondsBetween(0, request.connect_ns);

  const std::int64_t after_first = *m.output_tokens - tokens_in_first;
  const bool several_events = m.event_tokens > tokens_in_first;
  if (m.first_token_ns && several_events && after_first > 0) {
    m.tpot_s =
        SecondsBetween(*m.first_token_ns, *m.last_token_ns) / static_cast<double>(after_first);
    if (*m.tpot_s > 0.0) m.interactivity_tps = 1.0 / *m.tpot_s;
  }
  if (m.e2e_s && *m.e2e_s > 0.0 && *m.output_tokens > 0) {
    m.e2e_interactivity_tps = static_cast<double>(*m.output_tokens) / *m.e2e_s;
  }
  return m;
}

void AppendTokenGaps(std::span<const spec::Event> events, TokenGaps& gaps) {
  std::int64_t previous = kNoStamp;
  for (const spec::Event& event : events) {
    if (!IsTokenEvent(event)) continue;
    if (previous != kNoStamp) {
      gaps.icl_s.push_back(SecondsBetween(previous, event.time_ns));
      gaps.tokens.push_back(static_cast<std::uint16_t>(TokensIn(event)));
    }
    previous = event.time_ns;
  }
}

GapSpreads SummarizeGaps(TokenGaps& gaps) {
  GapSpreads spreads;
  const bool one_each = std::all_of(gaps.tokens.begin(), gaps.tokens.end(),
                                    [](std::uint16_t tokens) { return tokens == 1; });
  if (!one_each) {
    std::vector<stats::Repeated> samples;
    samples.reserve(gaps.icl_s.size());
    for (std::size_t i = 0; i < gaps.icl_s.size(); ++i) {
      const auto tokens = static_cast<std::int64_t>(gaps.tokens[i]);
      samples.push_back({gaps.icl_s[i] / static_cast<double>(tokens), tokens});
    }
    spreads.itl_s = stats::SortAndSummarize(samples);
    gaps.tokens.clear();  // Their order is about to be another.
  }
  spreads.icl_s = stats::SortAndSummarize(gaps.icl_s);
  if (one_each) spreads.itl_s = spreads.icl_s;
  return spreads;
}

}  // namespace roofscape::metrics
