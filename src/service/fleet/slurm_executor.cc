// Jobs of Slurm: sbatch, squeue, scontrol, sacct, scancel. States are asked of squeue, which knows
// a job for MinJobAge after its end; then of scontrol and of the accounting, where there is one.

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/core/text.h"
#include "service/fleet/executor.h"
#include "service/fleet/file.h"
#include "service/fleet/job.h"
#include "service/fleet/process.h"

namespace roofscape::fleet {
namespace {

constexpr Nanos kPatience = std::chrono::seconds(60);

/// Words of Slurm for what passes by itself.
bool MayPass(const CommandResult& result) {
  constexpr std::array<std::string_view, 6> kWords = {
      "Unable to contact", "Connection refused",  "Connection timed out",
      "Socket timed out",  "temporarily unavail", "Zero Bytes were transmitted"};
  return result.status == 124 || std::any_of(kWords.begin(), kWords.end(), [&](auto word) {
           return result.err.find(word) != std::string::npos;
         });
}

Error SlurmError(std::string_view program, const CommandResult& result) {
  const bool passes = MayPass(result);
  return {passes ? ErrorCode::kUnavailable : ErrorCode::kInvalidArgument,
          fmt::format("{}: {}: {}", program, Printable(Trim(result.err), 300),
                      passes ? "the controller does not answer; it is asked again"
                             : "mend [executor] options, or ask who runs the cluster")};
}

/// What Slurm's words for a state mean here.
JobStatus StatusOf(std::string_view state, std::string_view host) {
  JobStatus status;
  status.host = host == "(null)" || host == "None assigned" ? "" : std::string(host);
  // "CANCELLED by 1000", "CANCELLED+"
  const std::string word(state.substr(0, state.find_first_of(" +")));
  const auto ended = [&](const char* kind, const char* cure) {
    status.phase = JobPhase::kEnded;
    status.failure = Failure{kind, "Slurm says " + word, cure};
  };
  if (word == "PENDING" || word == "REQUEUED" || word == "REQUEUE_HOLD" || word == "REQUEUE_FED" ||
      word == "SPECIAL_EXIT" || word == "RESV_DEL_HOLD") {
    status.phase = JobPhase::kWaiting;
  } else if (word == "CANCELLED" || word == "REVOKED" || word == "PREEMPTED") {
    ended("cancelled",
          "somebody cancelled the job, or a more urgent one took its place; a further "
          "one measures what is left");
  } else if (word == "NODE_FAIL" || word == "BOOT_FAIL") {
    ended("node", "a further job measures what is left elsewhere; look at the node");
  } else if (word == "TIMEOUT" || word == "DEADLINE") {
    ended("limit", "a further job measures what is left; raise executor.time_limit_s");
  } else if (word == "OUT_OF_MEMORY") {
    ended("worker", "ask for more memory in executor.options, e.g. --mem=64G");
  } else if (word == "COMPLETED" || word == "FAILED") {
    status.phase = JobPhase::kEnded;
  } else {
    // RUNNING, CONFIGURING, COMPLETING, SUSPENDED, STOPPED, SIGNALING, STAGE_OUT, RESIZING.
    status.phase = JobPhase::kRunning;
  }
  return status;
}

/// The value of a field in what `scontrol show --oneliner` prints.
std::string Field(std::string_view text, std::string_view name) {
  const std::string key = fmt::format(" {}=", name);
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) return "";
  const std::string_view rest = text.substr(at + key.size());
  return std::string(rest.substr(0, rest.find_first_of(" \n")));
}

/// "COMPLETED|0:0|73|n1", as Account() asks for.
std::optional<Accounting> ParseAccounting(std::string_view line) {
  const std::vector<std::string> parts = Split(std::string(Trim(line)), '|');
  if (parts.size() != 4) return std::nullopt;
  double elapsed_s = 0;
  const std::string& text = parts[2];
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), elapsed_s);
  if (error != std::errc() || end != text.data() + text.size() || elapsed_s < 0) {
    return std::nullopt;
  }
  return Accounting{parts[0], parts[1], parts[3], elapsed_s};
}

class SlurmExecutor final : public Executor {
 public:
  SlurmExecutor(ExecutorSettings settings, std::string program, const Clock& clock)
      : settings_(std::move(settings)), program_(std::move(program)), clock_(clock) {}

  bool has_hosts() const override { return true; }
  bool outlives_us() const override { return true; }
  void SetAside(const std::vector<std::string>& hosts) override { aside_ = hosts; }

  Result<std::string> Submit(const Ticket& ticket) override {
    const std::string path = ticket.folder + "/job.sh";
    RS_RETURN_IF_ERROR(WriteFile(path, Script(ticket)));
    RS_ASSIGN_OR_RETURN(const CommandResult result, Call({"sbatch", "--parsable", path}));
    if (result.status != 0) return SlurmError("sbatch", result);
    // "17;cluster" where there are several.
    const std::string id(Trim(result.out));
    return id.substr(0, id.find(';'));
  }

  Result<std::optional<std::string>> Find(const Ticket& ticket) override {
    RS_ASSIGN_OR_RETURN(const CommandResult result, Call({"squeue", "--noheader", "--states=all",
                                                          "--format=%i", "--name=" + ticket.name}));
    if (result.status != 0) return SlurmError("squeue", result);
    std::string id(Trim(result.out));
    id = id.substr(0, id.find('\n'));
    if (!id.empty()) return std::optional(id);
    // Long over: where there is an accounting, it knows.
    const auto past =
        Call({"sacct", "--noheader", "--parsable2", "--allocations", "--format=JobIDRaw",
              "--name=" + ticket.name, "--starttime=now-30days"});
    if (past && past->status == 0 && !Trim(past->out).empty()) {
      const std::string known(Trim(past->out));
      return std::optional(known.substr(0, known.find('\n')));
    }
    return std::optional<std::string>();
  }

  void NewPoll(const std::vector<std::string>& ids) override {
    polled_ = ids;
    queue_.reset();
  }

  Result<JobStatus> Look(const Ticket& /*ticket*/, const std::string& id) override {
    RS_ASSIGN_OR_RETURN(const std::optional<JobStatus> queued, LookInQueue(id));
    if (queued) return *queued;
    RS_ASSIGN_OR_RETURN(const CommandResult shown,
                        Call({"scontrol", "--oneliner", "show", "job", id}));
    if (shown.status != 0 && MayPass(shown)) return SlurmError("scontrol", shown);
    if (const std::string state = Field(shown.out, "JobState"); !state.empty()) {
      return StatusOf(state, Field(shown.out, "BatchHost"));
    }
    const auto past = Call({"sacct", "--noheader", "--parsable2", "--allocations",
                            "--format=State,NodeList", "--jobs=" + id});
    if (past && past->status == 0 && !Trim(past->out).empty()) {
      const std::vector<std::string> parts = Split(std::string(Trim(past->out)), '|');
      return StatusOf(parts.front(), parts.size() > 1 ? parts[1] : "");
    }
    // Forgotten, so it has ended; its journal says how.
    JobStatus status;
    status.phase = JobPhase::kEnded;
    return status;
  }

  std::optional<Accounting> Account(const Ticket& /*ticket*/, const std::string& id) override {
    const auto told = Call({"sacct", "--noheader", "--parsable2", "--allocations",
                            "--format=State,ExitCode,ElapsedRaw,NodeList", "--jobs=" + id});
    if (!told || told->status != 0) return std::nullopt;
    // Of a job that was requeued each run may have a line; the last one is the last.
    const std::vector<std::string> lines = Split(std::string(Trim(told->out)), '\n');
    if (lines.empty()) return std::nullopt;
    return ParseAccounting(lines.back());
  }

  Result<> Cancel(const Ticket& /*ticket*/, const std::string& id) override {
    RS_ASSIGN_OR_RETURN(const CommandResult result, Call({"scancel", id}));
    if (result.status != 0) return SlurmError("scancel", result);
    return {};
  }

  Result<> Fetch(const Ticket& /*ticket*/, const std::string& /*id*/) override { return {}; }

 private:
  /// From one answer for all jobs of the poll. None: the queue knows no such job any more.
  Result<std::optional<JobStatus>> LookInQueue(const std::string& id) {
    if (!queue_) RS_RETURN_IF_ERROR(AskQueue({polled_.begin(), polled_.end()}));
    if (const auto found = queue_->find(id); found != queue_->end())
      return std::optional(found->second);
    if (std::find(polled_.begin(), polled_.end(), id) != polled_.end()) {
      return std::optional<JobStatus>();
    }
    // Of a job that is newer than the poll.
    polled_.push_back(id);
    RS_RETURN_IF_ERROR(AskQueue({id}));
    const auto found = queue_->find(id);
    return found == queue_->end() ? std::nullopt : std::optional(found->second);
  }

  /// Asks for these, and keeps what is told. An unknown id among several is no error of squeue's;
  /// of one alone it is, and means that it is forgotten.
  Result<> AskQueue(const std::vector<std::string>& ids) {
    if (!queue_) queue_.emplace();
    if (ids.empty()) return {};
    RS_ASSIGN_OR_RETURN(const CommandResult told,
                        Call({"squeue", "--noheader", "--states=all", "--format=%i|%T|%N",
                              fmt::format("--jobs={}", fmt::join(ids, ","))}));
    if (told.status != 0 && MayPass(told)) {
      queue_.reset();
      return SlurmError("squeue", told);
    }
    for (const std::string& line : Split(std::string(Trim(told.out)), '\n')) {
      const std::vector<std::string> parts = Split(line, '|');
      if (parts.size() < 2) continue;
      (*queue_)[std::string(Trim(parts[0]))] =
          StatusOf(parts[1], parts.size() > 2 ? Trim(parts[2]) : "");
    }
    return {};
  }

  Result<CommandResult> Call(const std::vector<std::string>& command) const {
    auto result = RunCommand(command, "", kPatience, clock_);
    if (!result && result.error().code == ErrorCode::kNotFound) {
      return Error{ErrorCode::kInvalidArgument,
                   result.error().message + " (Debian: slurm-client), or use another executor"};
    }
    return result;
  }

  std::string Script(const Ticket& ticket) const {
    const auto minutes = static_cast<std::int64_t>(settings_.time_limit_s / 60 + 0.999);
    std::string script = "#!/bin/sh\n";
    const auto option = [&](std::string_view text) { script += fmt::format("#SBATCH {}\n", text); };
    option("--job-name=" + ticket.name);
    option(fmt::format("--output={}/{}", ticket.folder, kWorkerLog));
    option("--open-mode=append");
    option("--requeue");
    option(fmt::format("--time={}", minutes));
    if (!aside_.empty()) option(fmt::format("--exclude={}", fmt::join(aside_, ",")));
    for (const std::string& text : settings_.options) option(text);
    const std::string& program = settings_.roofscape.empty() ? program_ : settings_.roofscape;
    script += fmt::format("exec {} {} {}\n", ShellQuoted(program), kWorkerCommand,
                          ShellQuoted(ticket.folder));
    return script;
  }

  const ExecutorSettings settings_;
  const std::string program_;
  const Clock& clock_;
  std::vector<std::string> aside_;
  std::vector<std::string> polled_;                        // Ids of this poll.
  std::optional<std::map<std::string, JobStatus>> queue_;  // What squeue said of them.
};

}  // namespace

std::unique_ptr<Executor> MakeSlurmExecutor(const ExecutorSettings& settings,
                                            const std::string& program, const Clock& clock) {
  return std::make_unique<SlurmExecutor>(settings, program, clock);
}

}  // namespace roofscape::fleet
