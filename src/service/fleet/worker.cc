#include "service/fleet/worker.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/core/text.h"
#include "base/net/fd.h"
#include "measure/host/inventory.h"
#include "results/store/digest.h"
#include "service/fleet/file.h"
#include "service/fleet/gate.h"
#include "service/fleet/process.h"
#include "service/fleet/server.h"

namespace roofscape::fleet {
namespace {

/// Who may go on with a job: the same job of the scheduler, begun again, or another process on this
/// host once the first one is gone.
std::string ClaimText() {
  const char* const scheduled = std::getenv("SLURM_JOB_ID");
  if (scheduled != nullptr) return fmt::format("slurm {}", scheduled);
  return fmt::format("{} {} {}", HostName(), getpid(), BeginOf(getpid()).value_or(""));
}

bool OwnerIsGone(const std::string& claim) {
  const std::vector<std::string> parts = Split(std::string(Trim(claim)), ' ');
  if (parts.size() != 3 || parts[0] != HostName()) return false;
  const auto begin = BeginOf(static_cast<pid_t>(std::atoi(parts[1].c_str())));
  return !begin || *begin != parts[2];
}

Result<> ClaimJob(const std::string& folder) {
  const std::string path = folder + "/" + kClaimFile;
  const std::string mine = ClaimText();
  const net::Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (fd.open()) return WriteFile(path, mine + "\n");
  RS_ASSIGN_OR_RETURN(const std::string claim, ReadFile(path));
  if (Trim(claim) == mine) return {};
  // Empty: killed between making and writing it.
  if (Trim(claim).empty() || OwnerIsGone(claim)) return WriteFile(path, mine + "\n");
  return Error{ErrorCode::kUnavailable,
               fmt::format("job '{}': is done by '{}' already: leave it alone", folder,
                           Printable(Trim(claim), 100))};
}

/// Numbers of prompts that no other run shares: a server's cache would know them again.
std::uint64_t SeedOf(const Job& job, const JobPoint& point, std::int64_t attempt) {
  const auto digest = store::Sha256First128(
      fmt::format("{} {} {} {}", job.campaign, point.key, point.plan.seed, attempt));
  constexpr std::uint64_t kSeedBits = (std::uint64_t{1} << 53U) - 1;
  return static_cast<std::uint64_t>(digest.high) & kSeedBits;
}

class Worker {
 public:
  Worker(std::string folder, Job job, const Measure& measure, const std::atomic<bool>& stop,
         const Clock& clock)
      : folder_(std::move(folder)),
        job_(std::move(job)),
        measure_(measure),
        stop_(stop),
        clock_(clock),
        begin_(clock.Now()) {}

  Result<std::optional<Failure>> Run() {
    RS_RETURN_IF_ERROR(MakeFolder(folder_ + "/results"));
    ReadWhatWasDone();
    const std::optional<Failure> unfit = LookAtMachine();
    RS_RETURN_IF_ERROR(Tell(std::move(started_)));
    if (unfit) {
      RS_RETURN_IF_ERROR(Tell({.report = Report::kEnd, .failure = unfit}));
      return unfit;
    }
    RS_RETURN_IF_ERROR(TakeTurn());
    for (const std::string& job : job_.before) Server::EndLeftOvers(job_.start, job, clock_);
    const Result<std::optional<Failure>> ended = Points();
    if (server_) server_->Stop(clock_);
    std::optional<Failure> failure;
    if (ended) {
      failure = *ended;
    } else {
      failure = Failure{"worker", ended.error().message, "mend what it names on the host"};
    }
    RS_RETURN_IF_ERROR(Tell({.report = Report::kEnd, .failure = failure}));
    return failure;
  }

 private:
  Result<> Tell(JournalLine line) {
    line.at = clock_.Wall();
    return AddLine(folder_ + "/" + kJournalFile, JournalText(line));
  }

  /// Why nothing can be measured here; and what the journal is to say of the machine.
  std::optional<Failure> LookAtMachine() {
    started_ = {.report = Report::kStarted, .host = HostName()};
    started_.environment = host::EnvironmentFacts(job_.telemetry.nvml);
    const std::string drift = host::DriftText(job_.environment, started_.environment);
    if (!drift.empty()) {
      started_.note = "the environment is not that of the campaign's first job: " + drift;
      if (job_.refuse_drift) {
        return Failure{"environment", started_.note,
                       "bring the machine back to what it was, start a new campaign (--campaign), "
                       "or take it as it is with environment.drift = \"warn\""};
      }
    }
    return LookForChips();
  }

  /// Fewer chips than the start takes. Where none is found it cannot be told: in a container they
  /// may be hidden from us, and a processor is a chip, too.
  std::optional<Failure> LookForChips() const {
    if (job_.telemetry.packages_are_chips) return std::nullopt;
    host::InventorySources sources;
    sources.nvml = job_.telemetry.nvml;
    sources.amd_smi = AmdSmi(clock_);
    const host::Inventory inventory = host::TakeInventory(sources);
    if (inventory.chips.empty() || job_.chips == 0) return std::nullopt;
    std::map<std::string, std::string> visible = job_.start.env;
    for (const char* name :
         {"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"}) {
      if (const char* value = std::getenv(name); value != nullptr) visible.emplace(name, value);
    }
    const std::int64_t found = host::VisibleChips(inventory, visible);
    if (found >= job_.chips) return std::nullopt;
    return Failure{"environment",
                   fmt::format("the deployment takes {} chips, and this job sees {} ({} in the "
                               "machine)",
                               job_.chips, found, inventory.chips.size()),
                   "ask the executor for as many (executor.options, chip_resource), run it on a "
                   "host that has them, or mend roles and axes of the deployment"};
  }

  void ReadWhatWasDone() {
    const auto text = ReadFile(folder_ + "/" + kJournalFile);
    if (!text) return;
    for (const JournalLine& line : ParseJournal(*text)) {
      if (line.report == Report::kDone || line.report == Report::kFailed) over_.insert(line.point);
      if (line.report == Report::kBegun) ++attempts_[line.point];
      if (line.report == Report::kKept) kept_.insert(line.point);
    }
  }

  /// Waits for other jobs of this host, where the job says so: two at once would measure each
  /// other.
  Result<> TakeTurn() {
    if (job_.lock.empty()) return {};
    // Another user's file in a shared folder may be opened, but not with O_CREAT.
    constexpr int kHow = O_RDONLY | O_CLOEXEC | O_NOFOLLOW;
    lock_ = net::Fd(open(job_.lock.c_str(), kHow));
    if (!lock_.open()) lock_ = net::Fd(open(job_.lock.c_str(), kHow | O_CREAT, 0644));
    if (!lock_.open()) {
      return Error{ErrorCode::kIo,
                   fmt::format("lock '{}': cannot be opened: let this user write it", job_.lock)};
    }
    while (!stop_ && flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
      Pause(std::chrono::milliseconds(200), stop_, clock_);
    }
    return {};
  }

  /// None: it was stopped, or time is up.
  Result<std::optional<Failure>> Points() {
    std::int64_t crashes = 0;
    std::int64_t starts = 0;
    for (const JobPoint& point : job_.points) {
      if (over_.contains(point.key)) continue;
      while (true) {
        if (const auto ended = MustEnd(point)) return ended;
        if (!server_) {
          const std::optional<Failure> failure = BringUp(point);
          if (failure && failure->kind == "port" &&
              ++starts <= RetriesOf(job_.retries, failure->kind)) {
            continue;
          }
          if (failure) return failure;
        }
        RS_ASSIGN_OR_RETURN(const std::optional<Failure> failure, MeasurePoint(point));
        if (stop_) continue;  // And end, above.
        if (!failure) break;
        const bool crashed = !server_->Running();
        if (crashed) {
          server_->Stop(clock_);
          server_.reset();
        }
        if (crashed && ++crashes <= RetriesOf(job_.retries, failure->kind)) continue;
        RS_RETURN_IF_ERROR(
            Tell({.report = Report::kFailed, .point = point.key, .failure = failure}));
        break;
      }
    }
    return std::optional<Failure>();
  }

  std::optional<Failure> MustEnd(const JobPoint& point) const {
    if (stop_) return Failure{"cancelled", "the job was told to end", "run the sweep again"};
    const double passed_s = ToSeconds(clock_.Now() - begin_).value();
    if (job_.seconds > 0 && passed_s + point.estimate_s > job_.seconds) {
      return Failure{"limit",
                     fmt::format("{:.0f} s of {:.0f} s have passed, and the next point takes about "
                                 "{:.0f} s",
                                 passed_s, job_.seconds, point.estimate_s),
                     "what is left is measured by a further job"};
    }
    return std::nullopt;
  }

  /// The server, and a few requests to it whose figures nobody keeps.
  std::optional<Failure> BringUp(const JobPoint& first) {
    const ServerPlace place{job_.name, job_.working_folder.empty() ? folder_ : job_.working_folder,
                            folder_ + "/" + kServerLog};
    auto started = Server::Start(job_.start, place, stop_, clock_);
    if (const auto* failure = std::get_if<Failure>(&started)) return *failure;
    server_.emplace(std::get<Server>(std::move(started)));
    JournalLine ready{.report = Report::kReady, .seconds = server_->start_s()};
    if (!server_->doubt().empty()) {
      ready.note = "whether the server's own port answers cannot be told: " + server_->doubt();
    }
    const Result<> told = Tell(std::move(ready));
    if (!told) return Failure{"worker", told.error().message, "mend what it names on the host"};
    return Canary(first);
  }

  std::optional<Failure> Canary(const JobPoint& first) {
    spec::Plan plan = first.plan;
    plan.load = spec::Load{};
    plan.load.requests = 2;
    plan.load.warmup = 0;
    plan.seed = SeedOf(job_, first, -1);
    plan.target.url = server_->url();
    const std::string database = folder_ + "/results/canary.db";
    Remove(database);
    const Result<Measured> measured = measure_(plan, database);
    Remove(database);
    if (!server_->Running()) {
      const Failure why = server_->WhyEnded();
      server_->Stop(clock_);
      server_.reset();
      return why;
    }
    if (stop_) return std::nullopt;
    if (measured && measured->successes > 0) return std::nullopt;
    server_->Stop(clock_);
    server_.reset();
    return Failure{"requests",
                   measured ? fmt::format("no answer to a first request: {}",
                                          fmt::join(measured->reasons, "; "))
                            : measured.error().message,
                   "ask the server by hand as the plan's [request] says, and look into its log"};
  }

  static void Remove(const std::string& database) {
    for (const char* end : {"", "-wal", "-shm", "-journal"}) {
      std::error_code ignored;
      std::filesystem::remove(database + end, ignored);
    }
  }

  /// Measures a point, and once more where the instrument was not fit. Then the second run counts.
  Result<std::optional<Failure>> MeasurePoint(const JobPoint& point) {
    while (true) {
      const std::int64_t attempt = attempts_[point.key]++;
      RS_RETURN_IF_ERROR(Tell({.report = Report::kBegun, .point = point.key}));
      spec::Plan plan = point.plan;
      plan.target.url = server_->url();
      plan.seed = SeedOf(job_, point, attempt);
      const std::string database = fmt::format("results/{}-{}.db", Place(point), attempt);
      Remove(folder_ + "/" + database);
      const Result<Measured> measured = measure_(plan, folder_ + "/" + database);
      if (stop_) return std::optional<Failure>();
      if (!measured || measured->successes == 0 || !measured->complete) {
        return std::optional<Failure>(WhyNot(measured));
      }
      JournalLine line{.report = Report::kDone,
                       .point = point.key,
                       .run = measured->run,
                       .db = database,
                       .verdict = std::string(spec::Name(measured->instrument))};
      const bool again =
          measured->instrument != spec::Fitness::kValid && !kept_.contains(point.key);
      if (again) line.report = Report::kKept;
      RS_RETURN_IF_ERROR(Tell(line));
      if (!again) return std::optional<Failure>();
      kept_.insert(point.key);
    }
  }

  Failure WhyNot(const Result<Measured>& measured) {
    // A server that goes down takes its connections with it first.
    for (int i = 0; i < 10 && server_->Running(); ++i) {
      Pause(std::chrono::milliseconds(50), stop_, clock_);
    }
    if (!server_->Running()) return server_->WhyEnded();
    if (!measured) {
      return {"measure", measured.error().message, "mend what the message names"};
    }
    return {"requests",
            measured->successes == 0
                ? fmt::format("no request succeeded: {}", fmt::join(measured->reasons, "; "))
                : fmt::format("the point did not end: {}", fmt::join(measured->reasons, "; ")),
            "look into the server's log; a lighter load or longer timeouts may help"};
  }

  std::size_t Place(const JobPoint& point) const {
    return static_cast<std::size_t>(&point - job_.points.data());
  }

  const std::string folder_;
  const Job job_;
  const Measure& measure_;
  const std::atomic<bool>& stop_;
  const Clock& clock_;
  const Instant begin_;
  JournalLine started_;
  net::Fd lock_;
  std::optional<Server> server_;
  std::set<std::string> over_;
  std::set<std::string> kept_;
  std::map<std::string, std::int64_t> attempts_;
};

}  // namespace

Result<std::optional<Failure>> DoJob(const std::string& folder, const Measure& measure,
                                     const std::atomic<bool>& stop, const Clock& clock,
                                     const std::string& gate) {
  RS_ASSIGN_OR_RETURN(Job job, ReadJob(folder));
  if (!gate.empty()) job.start = ThroughGate(job.start, gate);
  RS_RETURN_IF_ERROR(ClaimJob(folder));
  return Worker(folder, std::move(job), measure, stop, clock).Run();
}

}  // namespace roofscape::fleet
