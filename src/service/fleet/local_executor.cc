// Jobs as processes of this machine. They are in groups of their own and outlive us; an id is
// "PID:BEGIN", which is unique until the next boot.

#include <signal.h>

#include <charconv>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "service/fleet/executor.h"
#include "service/fleet/file.h"
#include "service/fleet/job.h"
#include "service/fleet/process.h"

namespace roofscape::fleet {
namespace {

constexpr const char* kIdFile = "process";
constexpr Nanos kGrace = std::chrono::seconds(20);

class LocalExecutor final : public Executor {
 public:
  LocalExecutor(std::string program, const Clock& clock)
      : program_(std::move(program)), clock_(clock) {}

  bool has_hosts() const override { return false; }
  bool outlives_us() const override { return false; }
  void SetAside(const std::vector<std::string>& /*hosts*/) override {}

  Result<std::string> Submit(const Ticket& ticket) override {
    ChildOptions options;
    options.command = {program_, kWorkerCommand, ticket.folder};
    options.log = ticket.folder + "/" + kWorkerLog;
    options.dies_with_us = false;
    RS_ASSIGN_OR_RETURN(Child child, Child::Start(options));
    const pid_t pid = child.pid();
    const std::string id = fmt::format("{}:{}", pid, BeginOf(pid).value_or("ended"));
    children_.emplace(id, std::move(child));
    RS_RETURN_IF_ERROR(WriteFile(ticket.folder + "/" + kIdFile, id));
    return id;
  }

  Result<std::optional<std::string>> Find(const Ticket& ticket) override {
    // Written by us, or by the one before us; a worker that was started and not written down holds
    // the claim, so that a second one ends at once.
    const auto id = ReadFile(ticket.folder + "/" + kIdFile);
    if (id) return std::optional(*id);
    const auto claim = ReadFile(ticket.folder + "/" + kClaimFile);
    if (!claim) return std::optional<std::string>();
    const std::size_t first = claim->find(' ');
    const std::size_t second = claim->find(' ', first + 1);
    if (first == std::string::npos || second == std::string::npos) {
      return std::optional<std::string>();
    }
    const std::size_t end = claim->find_first_of(" \n", second + 1);
    return std::optional(claim->substr(first + 1, second - first - 1) + ":" +
                         claim->substr(second + 1, end - second - 1));
  }

  Result<JobStatus> Look(const Ticket& ticket, const std::string& id) override {
    JobStatus status;
    status.host = HostName();
    status.phase = Lives(id) ? JobPhase::kRunning : JobPhase::kEnded;
    // A worker that was killed could not end its server.
    if (status.phase == JobPhase::kEnded) EndMarked(ticket.name, kGrace, clock_);
    return status;
  }

  Result<> Cancel(const Ticket& /*ticket*/, const std::string& id) override {
    if (Lives(id)) kill(PidOf(id), SIGTERM);
    return {};
  }

  Result<> Fetch(const Ticket& /*ticket*/, const std::string& /*id*/) override { return {}; }

 private:
  static pid_t PidOf(const std::string& id) {
    pid_t pid = 0;
    std::from_chars(id.data(), id.data() + id.size(), pid);
    return pid;
  }

  bool Lives(const std::string& id) {
    if (const auto child = children_.find(id); child != children_.end()) {
      return child->second.Running();
    }
    const auto begin = BeginOf(PidOf(id));
    return begin && id == fmt::format("{}:{}", PidOf(id), *begin);
  }

  const std::string program_;
  const Clock& clock_;
  std::map<std::string, Child> children_;
};

}  // namespace

std::unique_ptr<Executor> MakeLocalExecutor(const std::string& program, const Clock& clock) {
  return std::make_unique<LocalExecutor>(program, clock);
}

}  // namespace roofscape::fleet
