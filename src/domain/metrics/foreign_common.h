// What the definitions of other tools have in common: a measured request as a client sees it,
// pooled samples, and a sheet that figures are written on.
//
// Private to this room. Thread safety: plain values.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/metrics/foreign.h"
#include "domain/spec/request_log.h"

namespace roofscape::metrics::foreign {

/// A measured request. Events are those with a time stamp.
struct Seen {
  const spec::Request* request = nullptr;
  std::vector<spec::Event> events;
  std::int64_t start_ns = spec::kNoStamp;  // where a client that times its own call begins
  std::int64_t end_ns = spec::kNoStamp;    // [DONE] or the close
  bool ok = false;                         // Outcome::kOk

  bool Holds(spec::EventKind kind) const;
  double Since(std::int64_t time_ns) const;  // [s] from start_ns
};

struct View {
  std::vector<Seen> requests;   // those with a start, but for what we cancelled
  std::vector<Seen> cancelled;  // likewise
  /// Some event tells its characters: then a token event without any has an empty text.
  bool text_known = false;
  std::int64_t begin_ns = 0;  // first start
  std::int64_t end_ns = 0;    // last end, of failures too

  double Seconds() const;
  /// Generated text that can be read; a held-back token is none.
  bool HasText(const spec::Event& event, spec::EventKind kind) const;
  /// Times of the events that carry text of the answer, or of its reasoning too.
  std::vector<std::int64_t> TextTimes(const Seen& seen, bool reasoning) const;
};

View MakeView(const spec::RequestLog& log);

/// Chunks of OpenAI's first form, whose text is no delta; tools take other APIs' for chat's.
inline bool IsCompletions(spec::Api api) { return api == spec::Api::kCompletions; }

/// True for a chunk whose `choices` is not empty: all but usage, [DONE], errors and comments.
bool HasChoices(const spec::Event& event);

/// Output tokens: as counted, else what the events carry. Content alone leaves the share of
/// reasoning and tool-call events out.
std::int64_t OutputTokens(const Seen& seen);
std::int64_t ContentTokens(const View& view, const Seen& seen);

/// Input tokens by the server's count, or as asked; the other where one is not known.
std::int64_t InputTokensCounted(const Seen& seen);
std::int64_t InputTokensAsked(const Seen& seen);

/// Samples with NumPy's default percentiles: linear at rank (n - 1) p.
class Samples {
 public:
  Samples() = default;
  explicit Samples(std::vector<double> values);

  bool empty() const { return sorted_.empty(); }
  std::size_t size() const { return sorted_.size(); }
  const std::vector<double>& sorted() const { return sorted_; }
  double Sum() const { return sum_; }
  std::optional<double> Mean() const;
  std::optional<double> Quantile(double p) const;
  /// Of the population, or of a sample (n - 1): missing for fewer than two values then.
  std::optional<double> Deviation(bool of_sample = false) const;
  ForeignSpread Spread() const { return {Mean(), Quantile(0.5), Quantile(0.99)}; }

 private:
  std::vector<double> sorted_;
  double sum_ = 0.0;
};

enum class StatOf { kMean, kMin, kMax, kDeviation, kSampleDeviation, kQuantile };

/// One statistic under the name that its tool gives it.
struct StatName {
  std::string_view key;
  StatOf of = StatOf::kQuantile;
  double p = 0.0;  // of a quantile
};

/// GenAI-Perf's, and AIPerf's after it.
inline constexpr std::array<StatName, 8> kNvidiaStats = {{
    {"avg", StatOf::kMean},
    {"min", StatOf::kMin},
    {"max", StatOf::kMax},
    {"p99", StatOf::kQuantile, 0.99},
    {"p90", StatOf::kQuantile, 0.90},
    {"p75", StatOf::kQuantile, 0.75},
    {"p50", StatOf::kQuantile, 0.50},
    {"std", StatOf::kDeviation},
}};

class Sheet {
 public:
  explicit Sheet(ForeignFigures& out) : out_(out) {}

  void Add(std::string key, std::string title, std::string unit, std::optional<double> value,
           std::string note = "");
  void Count(std::string key, std::string title, std::int64_t value);
  void Note(std::string note) { out_.notes.push_back(std::move(note)); }

 private:
  ForeignFigures& out_;
};

/// Writes each statistic as "key.stat"; the samples are multiplied by `scale` into `unit`.
void AddDistribution(Sheet& sheet, const Samples& samples, std::span<const StatName> stats,
                     std::string_view key, std::string_view title, std::string_view unit,
                     double scale, std::string_view note = "");

/// `count` / `seconds`; missing for an empty stretch.
std::optional<double> RatePerSecond(double count, double seconds);

/// Why a distribution without samples has no figure.
inline constexpr std::string_view kNoSample = "no request has one";

inline constexpr std::string_view kNeedsText =
    "needs the text and the tool's tokenizer, which a log does not hold";
inline constexpr std::string_view kOwnWaits = "that client's internal waits are not in the log";
/// Premise of figures that divide by tokens, for a tool that counts them itself.
inline constexpr std::string_view kCountedAsServer =
    "if the tool's tokenizer counts as the server does";

/// "12 of 34 answers"
std::string OfAnswers(std::int64_t count, std::int64_t all);

/// What vLLM's family pools from its requests.
struct Pooled {
  Samples ttft, tpot, itl, e2e;
  std::int64_t completed = 0;
  std::int64_t failed = 0;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
};

/// TPOT is (latency - ttft) / (n - 1) for n > 1; failures take no part.
Pooled Pool(const std::vector<ForeignRequest>& requests);

/// Which chunks clients of vLLM's family count.
struct ChunkRule {
  bool output_only = false;      // Those with output, else all with choices: role, finish.
  bool usage_moves_end = false;  // Any data chunk moves the end, usage too.
};

/// A request as such a client keeps it: the first chunk that counts is TTFT, each further one a
/// gap.
ForeignRequest ChunkRequest(const spec::RequestLog& log, const Seen& seen, ChunkRule rule);

/// Writes "mean_ttft_ms", "median_ttft_ms", "std_ttft_ms" and "p99_ttft_ms" as that family prints
/// them. `percents` as in "99.9".
void AddFamilyBlock(Sheet& sheet, std::string_view key, std::string_view title,
                    const Samples& samples, std::span<const double> percents);

/// Counts, rates and the row's columns that this family shares.
void FillFamilyRow(const Pooled& pooled, double seconds, ForeignRow& row);

/// Counts of requests and what tells about them, for the notes.
void NoteChunks(Sheet& sheet, const View& view, ChunkRule rule);
void NoteTruncated(Sheet& sheet, const View& view);
void NoteUncounted(Sheet& sheet, const std::vector<ForeignRequest>& requests);

void ComputeVllm(const spec::RequestLog& log, const View& view, const ForeignContext& context,
                 ForeignFigures& out);
void ComputeSglang(const spec::RequestLog& log, const View& view, const ForeignContext& context,
                   ForeignFigures& out);
void ComputeInferencex(const spec::RequestLog& log, const View& view, const ForeignContext& context,
                       ForeignFigures& out);
void ComputeAiperf(const View& view, ForeignFigures& out);
void ComputeGuidellm(const View& view, ForeignFigures& out);
void ComputeInferencePerf(const View& view, ForeignFigures& out);
void ComputeGenaiPerf(const View& view, ForeignFigures& out);
void ComputeLlmperf(const View& view, ForeignFigures& out);
void ComputeMlperf(const View& view, const ForeignContext& context, ForeignFigures& out);

}  // namespace roofscape::metrics::foreign
