// The folder of a job: all that a worker needs to know, and all that it tells. A job is one start
// of a server with the points to be measured under it; it works without the store, on any machine
// that sees the folder.
//
//   job.json       what to do (written by the coordinator, never changed)
//   claim          who does it: a job that was submitted twice is done once
//   journal.jsonl  what happened, a line each, each on the disk before the next thing is begun
//   results/N.db   a store with one run, closed before the journal names it
//   server.log     of the server; worker.log of the worker
//
// Errors: kProtocol for a file that is not what it should be; else as file.h. Thread safety: plain
// values.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "measure/host/telemetry_settings.h"
#include "service/fleet/expand.h"
#include "service/fleet/failure.h"

namespace roofscape::fleet {

struct JobPoint {
  std::string key;  // As in the store.
  std::string title;
  spec::Plan plan;  // Without a URL.
  double estimate_s = 60;
};

struct Job {
  std::string name;  // Unique: "rs-3f2a...-1".
  std::string campaign;
  std::string layout;  // Its name, for people.
  ServerStart start;
  std::string working_folder;       // For the server; empty: the job's.
  std::vector<std::string> before;  // Earlier jobs of the layout: what is left of them is ended.
  std::vector<JobPoint> points;
  std::map<std::string, std::int64_t> retries;  // Where the plan says so.
  std::string lock;        // A file of the host: one job at a time measures; empty: no lock.
  std::int64_t chips = 0;  // That the start takes; 0: not known.
  host::TelemetrySettings telemetry;
  std::map<std::string, std::string>
      environment;  // Of the campaign's first job; empty: this one is.
  bool refuse_drift = false;
  double seconds = 0;  // No point is begun that would end later than so long after the start.
};

/// With or without the keys that the store knows them by; see state.h.
Json ToJson(const ServerStart& start);
ServerStart ReadServerStart(ObjectReader& reader);

std::string JobText(const Job& job);
Result<Job> ReadJob(const std::string& folder);

enum class Report {
  kStarted,  // A worker has begun: host, environment.
  kReady,    // The server is ready: seconds, and in a note what is doubtful about it.
  kBegun,    // A point.
  kKept,     // A run of a point that will be repeated: run, db, verdict.
  kDone,     // A point: run, db, verdict.
  kFailed,   // A point: failure.
  kEnd,      // The worker: failure, or none when all was done.
};

/// (The initializers allow `{.report = x}` without a warning.)
struct JournalLine {
  Report report = Report::kStarted;
  WallTime at = {};
  std::string point = {};
  std::string host = {};
  std::string run = {};
  std::string db = {};  // Within the folder.
  std::string verdict = {};
  std::string note = {};
  std::map<std::string, std::string> environment = {};  // Of kStarted.
  double seconds = 0;
  std::optional<Failure> failure = {};

  friend bool operator==(const JournalLine&, const JournalLine&) = default;
};

std::string JournalText(const JournalLine& line);
/// Whole lines only; what a kill left of one is passed over.
std::vector<JournalLine> ParseJournal(std::string_view text);

inline constexpr const char* kJobFile = "job.json";
inline constexpr const char* kClaimFile = "claim";
inline constexpr const char* kJournalFile = "journal.jsonl";
inline constexpr const char* kServerLog = "server.log";
inline constexpr const char* kWorkerLog = "worker.log";

}  // namespace roofscape::fleet
