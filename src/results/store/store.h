// Where results are kept: runs, their points with metrics, and every point's request log. Results
// are only ever added: what ends a run or a point is a further row, and a correction is a row that
// names the one it replaces. What a call has returned success for survives kill -9 of this process
// at any later moment; see each call for power failures.
//
// Errors: messages name the database and end with the cure. kNotFound for a database, run or point
// that does not exist; kInvalidArgument for a name that fits several runs or a row that fits
// nothing; kUnavailable while another process holds the lock or the server cannot be reached;
// kProtocol for what is no database of ours; kIo for the rest.
// Thread safety: a Store may be used by several threads; its calls take turns.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "domain/spec/request_log.h"
#include "domain/spec/run_result.h"

namespace roofscape::store {

/// Names one point of one run.
struct PointId {
  std::string run_id;
  std::int64_t index = 0;

  friend bool operator==(const PointId&, const PointId&) = default;
};

/// One line about a run, cheap to list.
struct RunSummary {
  std::string id;
  WallTime started;
  std::optional<WallTime> ended;  // Missing: the run goes on, or was killed.
  spec::RunStatus status = spec::RunStatus::kIncomplete;
  std::string way;
  std::string version;
  std::string url;
  std::string model;   // As the deployment, else the plan, else the server names it.
  std::string engine;  // As the deployment names it, else the server.
  std::string engine_version;
  std::string precision;
  std::string chip;
  std::optional<std::int64_t> chips;
  std::string workload;  // Its name, else its shape.
  std::int64_t points_asked = 0;
  std::int64_t points_begun = 0;
  std::int64_t points_done = 0;  // Complete ones.
  std::int64_t valid = 0;        // Verdicts on the instrument, of ended points.
  std::int64_t degraded = 0;
  std::int64_t invalid = 0;
  std::map<std::string, std::string> labels;
};

/// A set of runs and imported points that answer one question.
struct Campaign {
  std::string name;
  std::string purpose;
  WallTime started;
  std::map<std::string, std::string> labels;
  std::int64_t runs = 0;    // That belong to it...
  std::int64_t points = 0;  // ...and imported points and evals.

  friend bool operator==(const Campaign&, const Campaign&) = default;
};

/// What was sampled over time at one device beside a run.
struct Series {
  std::string metric;  // Ends in its unit: "device_power_w".
  std::string device;  // As the source names it.
  std::string source;  // The file's name...
  std::string digest;  // ...and the SHA-256 of its bytes, in hexadecimal.
  WallTime known;
  WallTime begin;                        // Of the first sample.
  std::vector<std::int64_t> offsets_us;  // From `begin`; rising.
  std::vector<double> values;            // As many.

  friend bool operator==(const Series&, const Series&) = default;
};

/// All conditions must hold; an empty filter lets every run pass. (The initializers allow
/// `{.model = "x"}` without a warning.)
struct RunFilter {
  std::optional<std::int64_t> limit = {};  // The newest so many.
  std::map<std::string, std::string> labels = {};
  std::optional<std::string> model = {};  // Exactly as in RunSummary.
  std::optional<std::string> engine = {};
  std::optional<std::string> chip = {};
  std::optional<WallTime> since = {};  // Started then or later.
  std::optional<std::string> campaign = {};
};

class Store {
 public:
  virtual ~Store() = default;

  /// The path it was opened with, or the URL without its secrets.
  virtual const std::string& path() const = 0;

  /// Adds a run: everything of `header` but its end, status and points. Its id must be new.
  virtual Result<> BeginRun(const spec::RunResult& header) = 0;

  /// Adds a point of a run: index, concurrency, repeat, protocol, started.
  virtual Result<PointId> BeginPoint(const std::string& run_id,
                                     const spec::PointResult& header) = 0;

  /// Adds rows to a point's request log. Survives a power failure once the point is finished.
  virtual Result<> AppendLog(const PointId& point, const spec::RequestLog& chunk) = 0;

  /// Adds what was found at a point. A second call for the same point is a correction: the newer
  /// answer counts, the older one stays in the file. Survives a power failure.
  virtual Result<> FinishPoint(const PointId& point, const spec::PointResult& result) = 0;

  /// Ends a run, in the same way. `notes` are added to those of BeginRun. Survives a power failure.
  virtual Result<> FinishRun(const std::string& run_id, spec::RunStatus status, WallTime ended,
                             std::span<const std::string> notes) = 0;

  /// Newest first.
  virtual Result<std::vector<RunSummary>> Runs(const RunFilter& filter) = 0;

  /// The full id of a run named by its id, by a beginning of it that no other run shares, or by
  /// "last".
  virtual Result<std::string> FindRun(std::string_view name) = 0;

  /// A run by such a name, with its points in order of their index. A point that never ended has
  /// complete = false and no metrics; they can be computed from LoadLog.
  virtual Result<spec::RunResult> LoadRun(std::string_view name) = 0;

  /// The request log of a point, as far as it was flushed; empty if nothing was.
  virtual Result<spec::RequestLog> LoadLog(const PointId& point) = 0;

  /// Makes a campaign of name, purpose, start and labels. kInvalidArgument where there is one of
  /// that name: nothing of it can be changed.
  virtual Result<> MakeCampaign(const Campaign& campaign) = 0;
  /// Adds runs, by their full ids, to a campaign; one that belongs already changes nothing.
  /// kNotFound for a campaign that was not made.
  virtual Result<> JoinCampaign(const std::string& name, std::span<const std::string> run_ids) = 0;
  /// Newest first.
  virtual Result<std::vector<Campaign>> Campaigns() = 0;

  /// Adds series to a run, by its full id. Those that are there from the same source change
  /// nothing: how many were new. Survives a power failure.
  virtual Result<std::int64_t> AddSeries(const std::string& run_id,
                                         std::span<const Series> series) = 0;
  /// All series of a run by metric, device and source.
  virtual Result<std::vector<Series>> LoadSeries(const std::string& run_id) = 0;
};

enum class OpenMode {
  kReadWrite,  // Creates a file when absent, but no folder.
  kReadOnly,   // kNotFound when absent. Adds nothing; only brings an older schema up to date.
};

struct StoreOptions {
  /// How long to wait for another process that is writing.
  std::chrono::milliseconds busy_timeout{10'000};
  /// Most pages of 4096 bytes a file may have; 0: no limit. Tests make a disk full with it.
  std::int64_t max_pages = 0;
};

/// Opens the database at `path`: of a file, or a URL postgresql://USER:PASSWORD@HOST:PORT/NAME.
Result<std::unique_ptr<Store>> OpenStore(const std::string& path, OpenMode mode,
                                         const StoreOptions& options = {});

}  // namespace roofscape::store
