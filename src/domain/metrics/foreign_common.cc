#include "domain/metrics/foreign_common.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "base/stats/quantile.h"
#include "domain/metrics/request_metrics.h"

namespace roofscape::metrics::foreign {
namespace {

using spec::EventKind;
using spec::kNoStamp;

// Where a client that times its own call begins: before connecting, and never before it was due.
std::int64_t StartOf(const spec::Request& request) {
  if (request.sent_ns == kNoStamp) return request.intended_ns;
  const std::int64_t called_ns = request.sent_ns - std::max<std::int64_t>(0, request.connect_ns);
  return std::max(called_ns, request.intended_ns);  // kNoStamp is less than any stamp.
}

std::int64_t EndOf(const spec::Request& request, const Seen& seen) {
  if (request.end_ns != kNoStamp) return request.end_ns;
  return seen.events.empty() ? seen.start_ns : seen.events.back().time_ns;
}

Seen MakeSeen(const spec::RequestLog& log, const spec::Request& request) {
  Seen seen;
  seen.request = &request;
  seen.ok = request.outcome == spec::Outcome::kOk;
  seen.start_ns = StartOf(request);
  for (const spec::Event& event : log.EventsOf(request)) {
    if (event.time_ns != kNoStamp) seen.events.push_back(event);
  }
  seen.end_ns = EndOf(request, seen);
  return seen;
}

std::int64_t FirstKnown(std::int64_t a, std::int64_t b) {
  if (a >= 0) return a;
  return std::max<std::int64_t>(0, b);
}

}  // namespace

bool Seen::Holds(EventKind kind) const {
  return std::any_of(events.begin(), events.end(),
                     [kind](const spec::Event& event) { return event.kind == kind; });
}

double Seen::Since(std::int64_t time_ns) const { return SecondsBetween(start_ns, time_ns); }

double View::Seconds() const { return SecondsBetween(begin_ns, end_ns); }

bool View::HasText(const spec::Event& event, EventKind kind) const {
  return event.kind == kind && (event.chars > 0 || !text_known);
}

std::vector<std::int64_t> View::TextTimes(const Seen& seen, bool reasoning) const {
  std::vector<std::int64_t> times;
  for (const spec::Event& event : seen.events) {
    if (HasText(event, EventKind::kAnswer) ||
        (reasoning && HasText(event, EventKind::kReasoning))) {
      times.push_back(event.time_ns);
    }
  }
  return times;
}

View MakeView(const spec::RequestLog& log) {
  View view;
  view.text_known = std::any_of(log.events.begin(), log.events.end(),
                                [](const spec::Event& event) { return event.chars > 0; });
  for (const spec::Request& request : log.requests) {
    if (request.phase != spec::Phase::kMeasure) continue;
    Seen seen = MakeSeen(log, request);
    if (seen.start_ns == kNoStamp) continue;
    if (request.outcome == spec::Outcome::kCancelled) {
      view.cancelled.push_back(std::move(seen));
      continue;
    }
    const bool first = view.requests.empty();
    view.begin_ns = first ? seen.start_ns : std::min(view.begin_ns, seen.start_ns);
    view.end_ns = first ? seen.end_ns : std::max(view.end_ns, seen.end_ns);
    view.requests.push_back(std::move(seen));
  }
  return view;
}

bool HasChoices(const spec::Event& event) {
  return spec::CarriesTokens(event.kind) || event.kind == EventKind::kRole ||
         event.kind == EventKind::kFinish;
}

std::int64_t OutputTokens(const Seen& seen) {
  if (seen.request->output_tokens >= 0) return seen.request->output_tokens;
  std::int64_t tokens = 0;
  for (const spec::Event& event : seen.events) {
    if (spec::CarriesTokens(event.kind)) tokens += TokensIn(event);
  }
  return tokens;
}

std::int64_t ContentTokens(const View& view, const Seen& seen) {
  std::int64_t content = 0;
  std::int64_t all = 0;
  for (const spec::Event& event : seen.events) {
    if (!spec::CarriesTokens(event.kind)) continue;
    all += TokensIn(event);
    // A token whose text is held back is in the text of a later event.
    if (event.kind == EventKind::kAnswer) content += TokensIn(event);
  }
  if (all == 0 || view.TextTimes(seen, false).empty()) return 0;
  const double share = static_cast<double>(content) / static_cast<double>(all);
  return std::llround(share * static_cast<double>(OutputTokens(seen)));
}

std::int64_t InputTokensCounted(const Seen& seen) {
  return FirstKnown(seen.request->input_tokens, seen.request->input_tokens_asked);
}

std::int64_t InputTokensAsked(const Seen& seen) {
  return FirstKnown(seen.request->input_tokens_asked, seen.request->input_tokens);
}

Samples::Samples(std::vector<double> values) : sorted_(std::move(values)) {
  sum_ = std::accumulate(sorted_.begin(), sorted_.end(), 0.0);
  std::sort(sorted_.begin(), sorted_.end());
}

std::optional<double> Samples::Mean() const {
  if (empty()) return std::nullopt;
  return sum_ / static_cast<double>(size());
}

std::optional<double> Samples::Quantile(double p) const {
  return stats::SortedQuantile(sorted_, p);
}

std::optional<double> Samples::Deviation(bool of_sample) const {
  const double count = static_cast<double>(size()) - (of_sample ? 1.0 : 0.0);
  if (count <= 0.0) return std::nullopt;
  const double mean = *Mean();
  double squares = 0.0;
  for (const double value : sorted_) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / count);
}

void Sheet::Add(std::string key, std::string title, std::string unit, std::optional<double> value,
                std::string note) {
  if (!value && note.empty()) note = kNoSample;
  out_.figures.push_back(
      {std::move(key), std::move(title), std::move(unit), value, std::move(note)});
}

void Sheet::Count(std::string key, std::string title, std::int64_t value) {
  Add(std::move(key), std::move(title), "", static_cast<double>(value));
}

void AddDistribution(Sheet& sheet, const Samples& samples, std::span<const StatName> stats,
                     std::string_view key, std::string_view title, std::string_view unit,
                     double scale, std::string_view note) {
  const auto value = [&](const StatName& stat) -> std::optional<double> {
    if (samples.empty()) return std::nullopt;
    switch (stat.of) {
      case StatOf::kMean: return samples.Mean();
      case StatOf::kMin: return samples.sorted().front();
      case StatOf::kMax: return samples.sorted().back();
      case StatOf::kDeviation: return samples.Deviation();
      case StatOf::kSampleDeviation: return samples.Deviation(true);
      case StatOf::kQuantile: return samples.Quantile(stat.p);
    }
    return std::nullopt;
  };
  for (const StatName& stat : stats) {
    std::optional<double> scaled = value(stat);
    if (scaled) *scaled *= scale;
    sheet.Add(fmt::format("{}.{}", key, stat.key), fmt::format("{}, {}", title, stat.key),
              std::string(unit), scaled, std::string(scaled ? note : std::string_view{}));
  }
}

std::optional<double> RatePerSecond(double count, double seconds) {
  if (seconds <= 0.0) return std::nullopt;
  return count / seconds;
}

std::string OfAnswers(std::int64_t count, std::int64_t all) {
  return count == all ? "all answers" : fmt::format("{} of {} answers", count, all);
}

Pooled Pool(const std::vector<ForeignRequest>& requests) {
  Pooled pooled;
  std::vector<double> ttft, tpot, itl, e2e;
  for (const ForeignRequest& request : requests) {
    if (!request.success) {
      ++pooled.failed;
      continue;
    }
    ++pooled.completed;
    pooled.input_tokens += request.input_tokens;
    pooled.output_tokens += request.output_tokens;
    ttft.push_back(request.ttft_s);
    e2e.push_back(request.latency_s);
    itl.insert(itl.end(), request.itl_s.begin(), request.itl_s.end());
    if (request.output_tokens > 1) {
      tpot.push_back((request.latency_s - request.ttft_s) /
                     static_cast<double>(request.output_tokens - 1));
    }
  }
  pooled.ttft = Samples(std::move(ttft));
  pooled.tpot = Samples(std::move(tpot));
  pooled.itl = Samples(std::move(itl));
  pooled.e2e = Samples(std::move(e2e));
  return pooled;
}

ForeignRequest ChunkRequest(const spec::RequestLog& log, const Seen& seen, ChunkRule rule) {
  ForeignRequest out;
  out.start_s = SecondsBetween(0, seen.start_ns);
  out.text = log.StringAt(seen.request->text);
  std::int64_t first_ns = kNoStamp;
  std::int64_t last_ns = seen.start_ns;
  for (const spec::Event& event : seen.events) {
    const bool chunk = rule.output_only ? spec::CarriesTokens(event.kind) : HasChoices(event);
    if (chunk && first_ns == kNoStamp) {
      first_ns = event.time_ns;
      out.ttft_s = seen.Since(first_ns);
    } else if (chunk) {
      out.itl_s.push_back(SecondsBetween(last_ns, event.time_ns));
    }
    const bool data = event.kind != EventKind::kDone && event.kind != EventKind::kComment;
    if (chunk || (rule.usage_moves_end && data)) last_ns = event.time_ns;
  }
  out.latency_s = seen.Since(last_ns);
  // An error inside a stream of status 200 is a chunk without choices: passed over.
  const bool read_on = seen.ok || seen.request->outcome == spec::Outcome::kServerError;
  out.success = read_on && (first_ns != kNoStamp || rule.usage_moves_end);
  if (!out.success) {
    out.error = log.StringAt(seen.request->message);
    if (out.error.empty()) out.error = seen.ok ? "no chunk that counts" : "failed";
  }
  out.output_tokens = OutputTokens(seen);
  out.counted_by_server = seen.Holds(EventKind::kUsage);
  return out;
}

void AddFamilyBlock(Sheet& sheet, std::string_view key, std::string_view title,
                    const Samples& samples, std::span<const double> percents) {
  const auto milliseconds = [](std::optional<double> seconds) -> std::optional<double> {
    if (!seconds) return std::nullopt;
    return *seconds * 1e3;
  };
  const auto add = [&](const std::string& stat, const std::string& name,
                       std::optional<double> seconds) {
    sheet.Add(fmt::format("{}_{}_ms", stat, key), fmt::format("{} {}", name, title), "ms",
              milliseconds(seconds));
  };
  add("mean", "Mean", samples.Mean());
  add("median", "Median", samples.Quantile(0.5));
  add("std", "Std", samples.Deviation());
  for (const double percent : percents) {
    add(fmt::format("p{:g}", percent), fmt::format("P{:g}", percent),
        samples.Quantile(percent / 100.0));
  }
}

void FillFamilyRow(const Pooled& pooled, double seconds, ForeignRow& row) {
  row.ttft_s = pooled.ttft.Spread();
  row.itl_s = pooled.itl.Spread();
  row.tpot_s = pooled.tpot.Spread();
  row.e2e_s = pooled.e2e.Spread();
  row.successes = pooled.completed;
  row.failures = pooled.failed;
  row.duration_s = seconds;
  row.request_rps = RatePerSecond(static_cast<double>(pooled.completed), seconds);
  row.output_tps = RatePerSecond(static_cast<double>(pooled.output_tokens), seconds);
  row.total_tps =
      RatePerSecond(static_cast<double>(pooled.input_tokens + pooled.output_tokens), seconds);
}

void NoteChunks(Sheet& sheet, const View& view, ChunkRule rule) {
  std::int64_t answers = 0, roles = 0, finishes = 0, wide = 0;
  for (const Seen& seen : view.requests) {
    if (!seen.ok) continue;
    ++answers;
    const auto first = std::find_if(seen.events.begin(), seen.events.end(), HasChoices);
    if (first != seen.events.end() && first->kind == EventKind::kRole) ++roles;
    if (seen.Holds(EventKind::kFinish)) ++finishes;
    if (std::any_of(seen.events.begin(), seen.events.end(), [](const spec::Event& event) {
          return spec::CarriesTokens(event.kind) && event.tokens > 1;
        })) {
      ++wide;
    }
  }
  if (roles > 0 && !rule.output_only) {
    sheet.Note(
        fmt::format("TTFT is the time of the opening role chunk, which holds no token, in {}",
                    OfAnswers(roles, answers)));
  }
  if (finishes > 0 && !rule.output_only) {
    sheet.Note(fmt::format("the finish chunk without a token is one more gap of ITL in {}",
                           OfAnswers(finishes, answers)));
  }
  if (wide > 0) {
    sheet.Note(fmt::format("ITL has one gap a chunk, however many tokens it holds: several in {}",
                           OfAnswers(wide, answers)));
  }
}

void NoteTruncated(Sheet& sheet, const View& view) {
  const auto cut = std::count_if(view.requests.begin(), view.requests.end(), [](const Seen& seen) {
    return seen.request->outcome == spec::Outcome::kTruncated;
  });
  if (cut == 0) return;
  sheet.Note(
      fmt::format("{} truncated streams count as failures here; this client takes one that "
                  "ends in order as a success, which the log does not tell from a broken one",
                  cut));
}

void NoteUncounted(Sheet& sheet, const std::vector<ForeignRequest>& requests) {
  std::int64_t completed = 0, uncounted = 0;
  for (const ForeignRequest& request : requests) {
    if (!request.success) continue;
    ++completed;
    if (!request.counted_by_server) ++uncounted;
  }
  if (uncounted == 0) return;
  sheet.Note(fmt::format(
      "a usage chunk is missing in {}: this client then tokenises the text; output tokens "
      "hold {}",
      OfAnswers(uncounted, completed), kCountedAsServer));
}

}  // namespace roofscape::metrics::foreign
