// What `roofscape daemon` looks after: entries, each a plan with its times, what it watches and
// what is done after a run. A TOML file (schema/daemon.schema.json, docs/reference/daemon.md).
//
// Ownership: plain values. Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "service/fleet/cron.h"

namespace roofscape::fleet {

inline constexpr std::int64_t kDaemonSchemaVersion = 1;

/// A command whose output names the newest release: an image digest, a version. When it says
/// something new the plan is run.
struct ReleaseWatch {
  std::string command;  // For /bin/sh, in the configuration's folder.
  double every_s = 900;
  double timeout_s = 60;

  friend bool operator==(const ReleaseWatch&, const ReleaseWatch&) = default;
};

/// By what a run is held against those before it.
struct JudgeSettings {
  /// Of the registry, and with a known noise between runs (domain/analysis/noise.h).
  std::vector<std::string> metrics = {"total_tps_per_chip", "tpot_p50_s", "ttft_p50_s"};
  /// Records: the best of `record` where `record_x` meets each of these.
  std::string record = "total_tps_per_chip";
  std::string record_x = "interactivity_p50_tps";
  std::vector<double> record_at;

  friend bool operator==(const JudgeSettings&, const JudgeSettings&) = default;
};

struct PublishSettings {
  std::string folder;  // Empty: nothing is published.
  std::string base_url;
  bool studies = false;  // Those of co-design, too: minutes of all processors each time.

  friend bool operator==(const PublishSettings&, const PublishSettings&) = default;
};

/// What a run can have that is worth a message.
enum class News { kRegression, kImprovement, kRecord, kFailure, kMissed, kDone };
std::string_view Name(News news);

struct TellSettings {
  std::vector<News> on = {News::kRegression, News::kRecord, News::kFailure, News::kMissed};
  std::string webhook;      // A URL; takes {"text": ...}.
  std::string webhook_env;  // Or the variable that holds it: such a URL is a secret.
  std::string ca_file;      // For https: authorities to trust instead of the system's.
  std::string email;        // A command for /bin/sh that takes the message on stdin.
  std::string junit;        // A file, written after every run.

  friend bool operator==(const TellSettings&, const TellSettings&) = default;
};

struct DaemonEntry {
  std::string name;      // Unique; what the store knows it by.
  std::string plan;      // A file, relative to the configuration's folder.
  std::string campaign;  // Empty: the plan's name.
  std::optional<Cron> schedule;
  std::string time_zone = "UTC";
  bool run_at_start = false;  // Where it never ran, at once instead of at its first time.
  bool measure_all = true;    // Every point again; else what changed or is too old.
  std::optional<ReleaseWatch> release;
  JudgeSettings judge;
  PublishSettings publish;
  TellSettings tell;
};

struct DaemonConfig {
  std::vector<DaemonEntry> entries;
};

/// Reads and checks it. Errors: kInvalidArgument with source, line, field and cure. Whether time
/// zones and files are there is not looked at.
Result<DaemonConfig> ParseDaemonConfig(std::string_view text, const std::string& source);

}  // namespace roofscape::fleet
