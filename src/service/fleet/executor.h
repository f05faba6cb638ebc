// Who starts jobs and tells what becomes of them: this machine, Slurm, Kubernetes, other machines
// by ssh. A job goes on when we die; it is found again by its id or its name, and never started
// twice.
//
// Errors: kUnavailable for what may pass (a controller that restarts, a network): ask again later.
// Else the job could not be submitted, with the reason and the cure.
// Thread safety: one thread.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "service/fleet/failure.h"
#include "service/fleet/plan.h"

namespace roofscape::fleet {

/// What an executor knows of a job.
struct Ticket {
  std::string name;    // Unique.
  std::string folder;  // Absolute.
  std::int64_t chips = 1;
};

enum class JobPhase {
  kWaiting,
  kRunning,
  kEnded,
};

/// What a scheduler's accounting keeps of an ended job.
struct Accounting {
  std::string state;  // In the scheduler's words.
  std::string exit;   // "0:0": status and signal.
  std::string node;
  double elapsed_s = 0;

  friend bool operator==(const Accounting&, const Accounting&) = default;
};

struct JobStatus {
  JobPhase phase = JobPhase::kWaiting;
  std::string host = {};  // Where it runs or ran, if that is known.
  /// Of an ended job, what the executor says of its end: cancelled, node, limit. None: it ended by
  /// itself, and its journal says how.
  std::optional<Failure> failure = {};
};

class Executor {
 public:
  virtual ~Executor() = default;

  /// Whether a job that runs here can run at another host instead.
  virtual bool has_hosts() const = 0;
  /// Whether jobs are left to themselves when the user stops the sweep.
  virtual bool outlives_us() const = 0;
  /// Hosts of this executor get no further job.
  virtual void SetAside(const std::vector<std::string>& hosts) = 0;

  /// A new look at everything begins: what one answer for all jobs said is old. `ids`: of the jobs
  /// that will be looked at.
  virtual void NewPoll(const std::vector<std::string>& /*ids*/) {}

  /// Its id.
  virtual Result<std::string> Submit(const Ticket& ticket) = 0;
  /// The id of a job that was submitted under this name, if there is one.
  virtual Result<std::optional<std::string>> Find(const Ticket& ticket) = 0;
  virtual Result<JobStatus> Look(const Ticket& ticket, const std::string& id) = 0;
  /// Of an ended job, where there is an accounting that knows it.
  virtual std::optional<Accounting> Account(const Ticket& /*ticket*/, const std::string& /*id*/) {
    return std::nullopt;
  }
  virtual Result<> Cancel(const Ticket& ticket, const std::string& id) = 0;
  /// Brings what the job has written so far into its folder here.
  virtual Result<> Fetch(const Ticket& ticket, const std::string& id) = 0;
};

/// `program`: this Roofscape.
std::unique_ptr<Executor> MakeLocalExecutor(const std::string& program, const Clock& clock);
std::unique_ptr<Executor> MakeSlurmExecutor(const ExecutorSettings& settings,
                                            const std::string& program, const Clock& clock);
std::unique_ptr<Executor> MakeKubernetesExecutor(const ExecutorSettings& settings,
                                                 const Clock& clock);
std::unique_ptr<Executor> MakeSshExecutor(const ExecutorSettings& settings, const Clock& clock);

/// The words behind the program that make it a worker.
inline constexpr const char* kWorkerCommand = "sweep-worker";

}  // namespace roofscape::fleet
