#include "results/report/verdict_words.h"

#include <fmt/format.h>

#include "results/report/numbers.h"

namespace roofscape::report {
namespace {

struct Tally {
  std::int64_t points = 0, degraded = 0, invalid = 0, stopped = 0, unsteady = 0;
  std::int64_t requests = 0, failures = 0, points_with_failures = 0;
};

Tally Count(const Page& page) {
  Tally t;
  for (const spec::RunResult& run : page.input->runs) {
    for (const spec::PointResult& point : run.points) {
      ++t.points;
      if (!point.complete) ++t.stopped;
      if (point.complete && point.Primary() == nullptr) ++t.unsteady;
      if (point.verdict.instrument == spec::Fitness::kDegraded) ++t.degraded;
      if (point.verdict.instrument == spec::Fitness::kInvalid) ++t.invalid;
      t.requests += point.whole.requests;
      t.failures += point.whole.failures;
      if (point.whole.failures > 0) ++t.points_with_failures;
    }
  }
  return t;
}

std::string InstrumentSentence(const Tally& t) {
  if (t.degraded == 0 && t.invalid == 0) {
    return t.points == 1
               ? "The load generator was fit to measure the point."
               : fmt::format("The load generator was fit to measure all {} points.", t.points);
  }
  std::string text = fmt::format("Of {}, ", Counted(t.points, "point"));
  if (t.invalid > 0) {
    text += fmt::format(
        "{} INVALID (crossed out: the load generator was too slow to be believed "
        "there)",
        t.invalid);
  }
  if (t.degraded > 0) {
    text += fmt::format("{}{} DEGRADED (hollow: to be read with care)",
                        t.invalid > 0 ? " and " : "", t.degraded);
  }
  return text + ". The reasons stand below the tables.";
}

std::string ServerSentence(const Tally& t) {
  std::string text = t.failures == 0
                         ? fmt::format("None of the {} failed.", Counted(t.requests, "request"))
                         : fmt::format("{} of {} failed, at {}.", Counted(t.failures, "request"),
                                       Number(static_cast<double>(t.requests)),
                                       Counted(t.points_with_failures, "point"));
  if (t.unsteady > 0) {
    text += fmt::format(" {} reached no steady state.", Counted(t.unsteady, "point"));
  }
  if (t.stopped > 0) {
    text += fmt::format(" {} stopped halfway and left out.",
                        t.stopped == 1 ? "1 point was" : fmt::format("{} points were", t.stopped));
  }
  return text;
}

}  // namespace

VerdictWords InWords(const Page& page) {
  const Tally t = Count(page);
  if (t.points == 0) {
    return {Tone::kBad, "No points.", "The runs ended before a point was begun.", ""};
  }
  VerdictWords words;
  words.instrument = InstrumentSentence(t);
  words.server = ServerSentence(t);
  if (t.invalid == t.points) {
    words.tone = Tone::kBad;
    words.word = "Not valid.";
  } else if (t.invalid + t.degraded + t.failures + t.unsteady + t.stopped > 0) {
    words.tone = Tone::kWarning;
    words.word = t.invalid + t.degraded > 0 ? "Valid in part." : "Valid, with remarks.";
  } else {
    words.word = "Valid.";
  }
  return words;
}

}  // namespace roofscape::report
