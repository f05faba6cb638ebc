// What became of an occasion: as JSON for the store and for programs, as a message for people, and
// as JUnit for whoever shows tests.
//
// Thread safety: plain values and pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/json.h"
#include "service/fleet/daemon_state.h"
#include "service/fleet/findings.h"

namespace roofscape::fleet {

/// Of points that failed or were skipped alike.
struct FailedPoints {
  Failure failure;
  std::int64_t points = 0;
};

struct OccasionReport {
  std::string entry;
  std::string campaign;
  std::int64_t number = 1;
  Due due;
  WallTime begun;
  WallTime ended;
  bool taken_over = false;  // Its first daemon was gone.
  std::int64_t done = 0;    // Points.
  std::vector<FailedPoints> failed;
  std::optional<Failure> broken;  // The run as a whole, or the publishing ("publish").
  std::string published;          // The folder.
  std::vector<std::string> tell;  // The channels that are to have it.
  Findings findings;

  bool Has(News news) const;
};

/// Whether there is something in it that is to be told.
bool IsWorthTelling(const OccasionReport& report, const TellSettings& settings);

/// What state and later occasions need, and everything that people are told.
Json ToJson(const OccasionReport& report);

/// What earlier occasions have reported. Errors: kProtocol for reports of another Roofscape.
Result<Past> PastOf(const EntryState& state);

/// "nightly: 1 regression".
std::string SubjectOf(const OccasionReport& report);

/// A few lines. Begins with the subject.
std::string TextOf(const OccasionReport& report);

/// The body of a webhook: {"text": ...}, in which &, < and > are written as Slack wants them.
std::string WebhookBody(const std::string& text);

/// Subject, an empty line, text: as sendmail takes it.
std::string EmailText(const std::string& subject, const std::string& text);

/// A suite with a case for each deployment and workload that was judged and each kind of failure.
std::string JunitText(const OccasionReport& report);

}  // namespace roofscape::fleet
