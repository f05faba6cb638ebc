#include "cli/daemon_hands.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/core/text.h"
#include "base/net/fetch.h"
#include "base/net/url.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/write_file.h"
#include "results/store/store.h"
#include "results/store/utf8.h"
#include "service/fleet/daemon_examine.h"
#include "service/fleet/file.h"
#include "service/fleet/prepare.h"
#include "service/fleet/process.h"

namespace roofscape::cli {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

/// Of what a program said, for a message.
constexpr std::size_t kMostSaid = 600;

std::string LastLines(const std::string& text) {
  const std::string_view whole = Trim(text);
  return std::string(whole.size() <= kMostSaid ? whole : whole.substr(whole.size() - kMostSaid));
}

/// A command for /bin/sh, in a folder.
std::vector<std::string> Shell(const std::string& folder, const std::string& command) {
  return {"/bin/sh", "-c", R"(cd "$1" && exec /bin/sh -c "$2")", "sh", folder, command};
}

Error CommandFailed(std::string_view what, const fleet::CommandResult& result) {
  const std::string why = LastLines(result.err.empty() ? result.out : result.err);
  return {ErrorCode::kUnavailable,
          fmt::format("{}: ended with status {}{}{}: run it by hand", what, result.status,
                      why.empty() ? "" : ": ", Printable(why, kMostSaid))};
}

/// Whether sending may work a little later.
bool MayPass(const Error& error) {
  return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kTimeout;
}

}  // namespace

std::string RealHands::In(const std::string& path) const {
  return (fs::path(places_.folder) / path).lexically_normal().string();
}

std::string RealHands::LogOf(const fleet::DaemonEntry& entry) const {
  return places_.logs + "/" + entry.name + ".log";
}

Result<std::string> RealHands::CampaignOf(const fleet::DaemonEntry& entry) const {
  if (!entry.campaign.empty()) return entry.campaign;
  const std::string path = In(entry.plan);
  RS_ASSIGN_OR_RETURN(const std::string text, ReadFlagFile("plan", path));
  RS_ASSIGN_OR_RETURN(const fleet::SweepPlan plan, fleet::ParseSweepPlan(text, path));
  return plan.name;
}

Result<std::string> RealHands::AskRelease(const fleet::DaemonEntry& entry) {
  const auto timeout = FromSeconds(entry.release->timeout_s);
  RS_ASSIGN_OR_RETURN(
      const fleet::CommandResult result,
      fleet::RunCommand(Shell(places_.folder, entry.release->command), "", timeout, clock_));
  if (Interrupted()) return Error{ErrorCode::kCancelled, "stopped"};
  if (result.status != 0) return CommandFailed("command", result);
  const std::string answer = store::ToPlainUtf8(Trim(result.out).substr(0, fleet::kMostRelease));
  if (answer.empty()) {
    return Error{ErrorCode::kUnavailable,
                 "command: printed nothing: it must print what names the release, as a digest"};
  }
  return answer;
}

std::vector<std::string> RealHands::SweepCommand(const fleet::DaemonEntry& entry,
                                                 const std::vector<std::string>& more) const {
  std::vector<std::string> command = {fleet::OwnProgram(), "sweep", In(entry.plan)};
  if (!entry.campaign.empty()) {
    command.insert(command.end(), {"--campaign", entry.campaign});
  }
  if (!places_.catalog.empty()) command.insert(command.end(), {"--catalog", places_.catalog});
  if (!places_.jobs.empty()) command.insert(command.end(), {"--folder", places_.jobs});
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

Result<RealHands::Ran> RealHands::RunProgram(const fleet::DaemonEntry& entry,
                                             const std::vector<std::string>& command,
                                             const std::string& release) {
  RS_RETURN_IF_ERROR(fleet::MakeFolder(places_.logs));
  fleet::ChildOptions options;
  options.command = command;
  // The store's URL may hold a password, which has no place in a list of processes.
  options.env = {{"ROOFSCAPE_DB", places_.db}, {"ROOFSCAPE_RELEASE", release}};
  options.log = LogOf(entry);
  const std::size_t log_from = fleet::FileSize(options.log);
  RS_ASSIGN_OR_RETURN(fleet::Child child, fleet::Child::Start(options));
  while (child.Running() && !Interrupted()) {
    fleet::Pause(std::chrono::milliseconds(200), Interrupted(), clock_);
  }
  if (Interrupted()) {
    child.Stop(seconds(90), clock_);
    return Error{ErrorCode::kCancelled,
                 "stopped: what was begun is gone on with at the next start"};
  }
  constexpr std::size_t kMost = 16384;
  const auto said = fleet::ReadEndOfFile(options.log, log_from, kMost);
  Ran ran;
  ran.said = said ? *said : "";
  for (int status = 0; status < 256; ++status) {
    if (child.EndText() == fmt::format("ended with status {}", status)) {
      ran.status = status;
      return ran;
    }
  }
  return Error{ErrorCode::kUnavailable,
               fmt::format("{} {}: see {}", command[1], child.EndText(), options.log)};
}

Result<std::optional<fleet::Failure>> RealHands::Sweep(const fleet::DaemonEntry& entry,
                                                       const fleet::Occasion& occasion) {
  const auto broken = [&](const std::string& kind, const std::string& reason) {
    return std::optional(
        fleet::Failure{kind, reason, fmt::format("all it said is in {}", LogOf(entry))});
  };
  const auto campaign = CampaignOf(entry);
  if (!campaign) {
    return std::optional(
        fleet::Failure{"plan", campaign.error().message, "mend the plan; it is read at each run"});
  }
  std::vector<std::string> more;
  fleet::GoOn how = fleet::GoOn::kAnew;
  if (occasion.touched > occasion.begun) {
    RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::SweepLog> log,
                        store::OpenSweepLog(places_.db, store::OpenMode::kReadWrite));
    RS_ASSIGN_OR_RETURN(const fleet::CampaignState state, fleet::LoadCampaign(*campaign, *log));
    how = fleet::HowToGoOn(state, occasion.begun);
  }
  if (how == fleet::GoOn::kJudge) return std::optional<fleet::Failure>();
  if (how == fleet::GoOn::kAnew) {
    if (entry.measure_all) more.emplace_back("--again");
    more.emplace_back("--retry-failed");
  }
  const auto ran = RunProgram(entry, SweepCommand(entry, more), occasion.due.release);
  if (!ran && ran.error().code == ErrorCode::kCancelled) return ran.error();
  if (!ran) return broken("sweep", ran.error().message);
  // With the campaign's state it ran to its end, though points may have failed.
  const bool whole = ran->said.find(fmt::format("campaign {}: ", *campaign)) != std::string::npos;
  if (whole) return std::optional<fleet::Failure>();
  return broken(ran->status == kWrongUse ? "plan" : "sweep",
                fmt::format("'roofscape sweep' ended with status {}: {}", ran->status,
                            Printable(LastLines(ran->said), kMostSaid)));
}

Result<> RealHands::Examine(const fleet::DaemonEntry& entry, const fleet::EntryState& state,
                            fleet::OccasionReport& report) {
  RS_ASSIGN_OR_RETURN(report.campaign, CampaignOf(entry));
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(places_.db, store::OpenMode::kReadOnly));
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::SweepLog> log,
                      store::OpenSweepLog(places_.db, store::OpenMode::kReadOnly));
  return fleet::ExamineOccasion(*store, *log, state, entry.judge, report);
}

Result<> RealHands::Publish(const fleet::DaemonEntry& entry) {
  std::vector<std::string> command = {fleet::OwnProgram(), "publish", In(entry.publish.folder)};
  if (!entry.publish.studies) command.emplace_back("--without-studies");
  if (!entry.publish.base_url.empty()) {
    command.insert(command.end(), {"--base-url", entry.publish.base_url});
  }
  if (!places_.catalog.empty()) command.insert(command.end(), {"--catalog", places_.catalog});
  RS_ASSIGN_OR_RETURN(const Ran ran, RunProgram(entry, command, ""));
  if (ran.status == 0) return {};
  return Error{ErrorCode::kIo, fmt::format("'roofscape publish' ended with status {}: {}",
                                           ran.status, Printable(LastLines(ran.said), kMostSaid))};
}

Result<> RealHands::Post(const fleet::DaemonEntry& entry, const std::string& text) {
  std::string address = entry.tell.webhook;
  if (address.empty()) {
    const char* const value = std::getenv(entry.tell.webhook_env.c_str());
    if (value == nullptr || *value == '\0') {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("${} is not set: set it to the webhook's URL for the daemon",
                               entry.tell.webhook_env)};
    }
    address = value;
  }
  RS_ASSIGN_OR_RETURN(const net::Url url, net::ParseUrl(address));
  net::FetchOptions options;
  options.method = "POST";
  options.headers = {{"Content-Type", "application/json"}};
  options.body = fleet::WebhookBody(text);
  options.timeout = seconds(20);
  if (!entry.tell.ca_file.empty()) options.tls.ca_file = In(entry.tell.ca_file);
  options.stop = &Interrupted();
  RS_ASSIGN_OR_RETURN(const net::HttpResponse response, net::Fetch(url, url.path, options, clock_));
  constexpr int kOk = 200;
  constexpr int kEndOfOk = 300;
  constexpr int kTooMany = 429;
  constexpr int kServer = 500;
  if (response.status >= kOk && response.status < kEndOfOk) return {};
  // Not the path: it is the secret of such an address.
  const bool passes = response.status >= kServer || response.status == kTooMany;
  return Error{passes ? ErrorCode::kUnavailable : ErrorCode::kInvalidArgument,
               fmt::format("{} answered {} ({}): check the address", url.Origin(), response.status,
                           Printable(response.body, 100))};
}

Result<> RealHands::Send(const fleet::DaemonEntry& entry, const std::string& channel,
                         const std::string& subject, const std::string& text) {
  if (channel == "webhook") {
    constexpr int kTries = 3;
    for (int attempt = 1;; ++attempt) {
      const Result<> sent = Post(entry, text);
      if (sent || attempt == kTries || !MayPass(sent.error())) return sent;
      fleet::Pause(seconds(attempt), Interrupted(), clock_);
    }
  }
  const std::string message = fleet::EmailText(subject, text);
  RS_ASSIGN_OR_RETURN(
      const fleet::CommandResult result,
      fleet::RunCommand(Shell(places_.folder, entry.tell.email), message, seconds(60), clock_));
  if (result.status != 0) return CommandFailed("command", result);
  return {};
}

Result<> RealHands::WriteJunit(const fleet::DaemonEntry& entry, const std::string& text) {
  return WriteWholeFile(In(entry.tell.junit), text);
}

Result<bool> RealHands::IsGone(const fleet::DaemonEntry& entry, const fleet::Occasion& occasion) {
  const fleet::Owner& owner = occasion.owner;
  if (owner.host == fleet::HostName()) {
    const auto begin = fleet::BeginOf(static_cast<pid_t>(owner.pid));
    return !begin || *begin != owner.begin;
  }
  RS_ASSIGN_OR_RETURN(const std::string campaign, CampaignOf(entry));
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::SweepLog> log,
                      store::OpenSweepLog(places_.db, store::OpenMode::kReadOnly));
  RS_ASSIGN_OR_RETURN(const fleet::CampaignState state, fleet::LoadCampaign(campaign, *log));
  return fleet::IsGoneElsewhere(occasion, state, clock_.Wall());
}

}  // namespace roofscape::cli
