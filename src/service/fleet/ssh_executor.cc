// Jobs on other machines, over ssh. The job's folder is made there, its worker is started in a
// session of its own, and what it writes is fetched as a tar stream. An id is "HOST PID:BEGIN".

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/core/text.h"
#include "service/fleet/executor.h"
#include "service/fleet/file.h"
#include "service/fleet/job.h"
#include "service/fleet/process.h"
#include "service/fleet/remote_folder.h"

namespace roofscape::fleet {
namespace {

constexpr Nanos kPatience = std::chrono::seconds(120);
constexpr const char* kHostFile = "host";
constexpr int kSshFailed = 255;

class SshExecutor final : public Executor {
 public:
  SshExecutor(ExecutorSettings settings, const Clock& clock)
      : settings_(std::move(settings)), clock_(clock) {}

  bool has_hosts() const override { return settings_.hosts.size() > 1; }
  bool outlives_us() const override { return true; }
  void SetAside(const std::vector<std::string>& hosts) override { aside_ = hosts; }

  Result<std::string> Submit(const Ticket& ticket) override {
    RS_ASSIGN_OR_RETURN(const std::string host, ChooseHost(ticket));
    // On the disk before it is used: Find() looks there.
    RS_RETURN_IF_ERROR(WriteFile(ticket.folder + "/" + kHostFile, host));
    RS_ASSIGN_OR_RETURN(const std::string job, ReadFile(ticket.folder + "/" + kJobFile));
    const std::string folder = Remote(ticket);
    RS_ASSIGN_OR_RETURN(
        const CommandResult made,
        Call(host, fmt::format("mkdir -p {0} && cat > {0}/{1}", ShellQuoted(folder), kJobFile),
             job));
    if (made.status != 0) return SshError(host, made);
    // The worker's number stands in its claim, which it writes before anything else; a claim makes
    // a second start harmless.
    const std::string start = fmt::format(
        "cd {0} && {{ setsid {1} {2} . > {3} 2>&1 < /dev/null & }} && i=0; "
        "while [ ! -s {4} ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done; cat {4}",
        ShellQuoted(folder),
        ShellQuoted(settings_.roofscape.empty() ? "roofscape" : settings_.roofscape),
        kWorkerCommand, kWorkerLog, kClaimFile);
    RS_ASSIGN_OR_RETURN(const CommandResult started, Call(host, start, ""));
    if (started.status != 0) return SshError(host, started);
    running_[ticket.name] = host;
    return IdOf(host, started.out);
  }

  Result<std::optional<std::string>> Find(const Ticket& ticket) override {
    const auto host = ReadFile(ticket.folder + "/" + kHostFile);
    if (!host) return std::optional<std::string>();
    RS_ASSIGN_OR_RETURN(
        const CommandResult claim,
        Call(*host,
             fmt::format("cat {}/{} 2>/dev/null || true", ShellQuoted(Remote(ticket)), kClaimFile),
             ""));
    if (claim.status != 0) return SshError(*host, claim);
    if (Trim(claim.out).empty()) return std::optional<std::string>();
    running_[ticket.name] = *host;
    return std::optional(IdOf(*host, claim.out));
  }

  Result<JobStatus> Look(const Ticket& ticket, const std::string& id) override {
    JobStatus status;
    status.host = HostOf(id);
    running_[ticket.name] = status.host;
    const std::string process = id.substr(id.find(' ') + 1);
    const std::string pid = process.substr(0, process.find(':'));
    // As BeginOf(): field 22, behind the name in brackets; a zombie has ended.
    const std::string ask =
        fmt::format("sed 's/.*) //' /proc/{}/stat 2>/dev/null | cut -d' ' -f1,20 || true", pid);
    RS_ASSIGN_OR_RETURN(const CommandResult result, Call(status.host, ask, ""));
    if (result.status != 0) return SshError(status.host, result);
    const std::string answer(Trim(result.out));
    const bool lives = answer.size() > 2 && answer.front() != 'Z' && answer.front() != 'X' &&
                       process == pid + ":" + answer.substr(2);
    status.phase = lives ? JobPhase::kRunning : JobPhase::kEnded;
    if (!lives) running_.erase(ticket.name);
    return status;
  }

  Result<> Cancel(const Ticket& ticket, const std::string& id) override {
    RS_ASSIGN_OR_RETURN(const JobStatus status, Look(ticket, id));
    if (status.phase == JobPhase::kEnded) return {};
    const std::string process = id.substr(id.find(' ') + 1);
    RS_ASSIGN_OR_RETURN(
        const CommandResult result,
        Call(status.host, fmt::format("kill -TERM {}", process.substr(0, process.find(':'))), ""));
    if (result.status != 0) return SshError(status.host, result);
    return {};
  }

  Result<> Fetch(const Ticket& ticket, const std::string& id) override {
    const std::string host = HostOf(id);
    RS_ASSIGN_OR_RETURN(
        const bool news,
        FetchFolder([&](const std::string& command) { return Call(host, command, ""); },
                    [&](const CommandResult& result) { return SshError(host, result); },
                    Remote(ticket), ticket.folder, host, clock_));
    static_cast<void>(news);
    return {};
  }

 private:
  static std::string HostOf(const std::string& id) { return id.substr(0, id.find(' ')); }

  static std::string IdOf(const std::string& host, std::string_view claim) {
    // "NAME PID BEGIN", the machine's own name first.
    const std::vector<std::string> parts = Split(std::string(Trim(claim)), ' ');
    return parts.size() == 3 ? fmt::format("{} {}:{}", host, parts[1], parts[2])
                             : fmt::format("{} 0:0", host);
  }

  std::string Remote(const Ticket& ticket) const {
    const std::string& folder = settings_.remote_folder;
    return (folder.empty() ? std::string("roofscape-jobs") : folder) + "/" + ticket.name;
  }

  /// The host with the fewest jobs of ours.
  Result<std::string> ChooseHost(const Ticket& /*ticket*/) const {
    std::string best;
    std::size_t fewest = 0;
    for (const std::string& host : settings_.hosts) {
      if (std::find(aside_.begin(), aside_.end(), host) != aside_.end()) continue;
      const auto jobs = static_cast<std::size_t>(std::count_if(
          running_.begin(), running_.end(), [&](const auto& one) { return one.second == host; }));
      if (!best.empty() && jobs >= fewest) continue;
      best = host;
      fewest = jobs;
    }
    if (!best.empty()) return best;
    return Error{ErrorCode::kInvalidArgument,
                 settings_.hosts.empty()
                     ? "executor.hosts: is empty: name the machines to use"
                     : "executor.hosts: all were set aside after failures: mend "
                       "them, and run the sweep again with --retry-failed"};
  }

  Result<CommandResult> Call(const std::string& host, const std::string& command,
                             std::string_view input) const {
    std::vector<std::string> words = settings_.ssh;
    words.push_back(host);
    words.push_back(command);
    return RunCommand(words, input, kPatience, clock_);
  }

  static Error SshError(const std::string& host, const CommandResult& result) {
    const bool passes = result.status == kSshFailed || result.status == 124;
    return {passes ? ErrorCode::kUnavailable : ErrorCode::kInvalidArgument,
            fmt::format("host '{}': {}: {}", host, Printable(Trim(result.err), 300),
                        passes ? "check that ssh gets there without a password; it is tried again"
                               : "mend it there, or take the host out of executor.hosts")};
  }

  const ExecutorSettings settings_;
  const Clock& clock_;
  std::vector<std::string> aside_;
  std::map<std::string, std::string> running_;
};

}  // namespace

std::unique_ptr<Executor> MakeSshExecutor(const ExecutorSettings& settings, const Clock& clock) {
  return std::make_unique<SshExecutor>(settings, clock);
}

}  // namespace roofscape::fleet
