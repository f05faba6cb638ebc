// Jobs of Kubernetes, by kubectl: one Job a start of a server. What the worker writes is fetched
// while its Pod runs, by kubectl exec and tar; a worker that has finished waits for that, up to
// executor.keep_s. An id is the Job's name.

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/document.h"
#include "base/core/text.h"
#include "service/fleet/executor.h"
#include "service/fleet/file.h"
#include "service/fleet/job.h"
#include "service/fleet/kubernetes.h"
#include "service/fleet/process.h"
#include "service/fleet/remote_folder.h"

namespace roofscape::fleet {
namespace {

constexpr Nanos kPatience = std::chrono::seconds(120);
/// A ConfigMap may hold 1 MiB; some is for what stands around the text.
constexpr std::size_t kMostInput = 1'000'000;

/// Words of kubectl for what passes by itself.
bool MayPass(const CommandResult& result) {
  constexpr std::array<std::string_view, 13> kWords = {"Unable to connect to the server",
                                                       "The connection to the server",
                                                       "connection refused",
                                                       "connection reset",
                                                       "i/o timeout",
                                                       "TLS handshake timeout",
                                                       "context deadline exceeded",
                                                       "request canceled",
                                                       "etcdserver",
                                                       "ServiceUnavailable",
                                                       "InternalError",
                                                       "Too Many Requests",
                                                       "EOF"};
  return result.status == 124 || std::any_of(kWords.begin(), kWords.end(), [&](auto word) {
           return result.err.find(word) != std::string::npos;
         });
}

Error KubectlError(const CommandResult& result) {
  const bool passes = MayPass(result);
  return {passes ? ErrorCode::kUnavailable : ErrorCode::kInvalidArgument,
          fmt::format("kubectl: {}: {}", Printable(Trim(result.err), 300),
                      passes ? "the cluster does not answer; it is asked again"
                             : "mend [executor], or ask who runs the cluster")};
}

class KubernetesExecutor final : public Executor {
 public:
  KubernetesExecutor(ExecutorSettings settings, const Clock& clock)
      : settings_(std::move(settings)), clock_(clock) {}

  bool has_hosts() const override { return true; }
  bool outlives_us() const override { return true; }
  void SetAside(const std::vector<std::string>& hosts) override { aside_ = hosts; }
  void NewPoll(const std::vector<std::string>& /*ids*/) override { seen_.clear(); }

  Result<std::string> Submit(const Ticket& ticket) override {
    RS_ASSIGN_OR_RETURN(const Job job, ReadJob(ticket.folder));
    const Json manifest =
        JobManifest({ticket.name, job.start.image, ticket.chips, aside_}, settings_);
    RS_ASSIGN_OR_RETURN(const std::string uid, Apply(manifest));
    RS_RETURN_IF_ERROR(GiveInput(ticket, uid));
    return ticket.name;
  }

  Result<std::optional<std::string>> Find(const Ticket& ticket) override {
    RS_ASSIGN_OR_RETURN(
        const CommandResult found,
        Call({"get", "job", ticket.name, "--ignore-not-found", "-o", "jsonpath={.metadata.uid}"}));
    if (found.status != 0) return KubectlError(found);
    const std::string uid(Trim(found.out));
    if (uid.empty()) return std::optional<std::string>();
    // Whoever made it may have been killed before he gave it its input.
    RS_RETURN_IF_ERROR(GiveInput(ticket, uid));
    return std::optional(ticket.name);
  }

  Result<JobStatus> Look(const Ticket& ticket, const std::string& id) override {
    RS_ASSIGN_OR_RETURN(KubernetesLook look, LookAtJob(ticket));
    if (look.status.phase == JobPhase::kWaiting && !look.unplaced.empty()) {
      const Instant since = unplaced_.emplace(id, clock_.Now()).first->second;
      if (ToSeconds(clock_.Now() - since).value() > settings_.kubernetes.schedule_timeout_s) {
        look.status.phase = JobPhase::kEnded;
        look.status.failure =
            Failure{"submit", "no node takes the Pod: " + look.unplaced,
                    "mend chip_resource, resources, node_selector or tolerations of [executor], or "
                    "raise executor.schedule_timeout_s"};
        look.left_over = true;
      }
    } else {
      unplaced_.erase(id);
    }
    pods_[id] = look.pod;
    if (look.left_over) RS_RETURN_IF_ERROR(Cancel(ticket, id));
    return look.status;
  }

  Result<> Cancel(const Ticket& /*ticket*/, const std::string& id) override {
    RS_ASSIGN_OR_RETURN(const CommandResult deleted,
                        Call({"delete", "job", id, "--wait=false", "--ignore-not-found"}));
    if (deleted.status != 0) return KubectlError(deleted);
    return {};
  }

  Result<> Fetch(const Ticket& ticket, const std::string& id) override {
    const std::string pod = pods_[id];
    if (pod.empty()) return {};
    const RemoteShell shell = [&](const std::string& command) {
      return Call({"exec", pod, "-c", kWorkerContainer, "--", "/bin/sh", "-c", command});
    };
    // A Pod may end at any moment; the next look says so.
    const RemoteError error = [&](const CommandResult& result) {
      return Error{ErrorCode::kUnavailable, fmt::format("pod '{}': {}: it is asked again", pod,
                                                        Printable(Trim(result.err), 300))};
    };
    RS_ASSIGN_OR_RETURN(const bool news, FetchFolder(shell, error, kPodJobFolder, ticket.folder,
                                                     "pod '" + pod + "'", clock_));
    static_cast<void>(news);
    const auto journal = ReadFile(ticket.folder + "/" + kJournalFile);
    const auto lines = journal ? ParseJournal(*journal) : std::vector<JournalLine>();
    if (lines.empty() || lines.back().report != Report::kEnd) return {};
    RS_ASSIGN_OR_RETURN(const CommandResult told,
                        shell(fmt::format(": > {}/{}", kPodJobFolder, kFetchedFile)));
    if (told.status != 0) return error(told);
    return {};
  }

 private:
  Result<CommandResult> Call(std::vector<std::string> words, std::string_view input = {}) const {
    std::vector<std::string> command = settings_.kubernetes.kubectl;
    if (!settings_.kubernetes.name_space.empty()) {
      command.push_back("--namespace=" + settings_.kubernetes.name_space);
    }
    std::move(words.begin(), words.end(), std::back_inserter(command));
    auto result = RunCommand(command, input, kPatience, clock_);
    if (!result && result.error().code == ErrorCode::kNotFound) {
      return Error{ErrorCode::kInvalidArgument,
                   result.error().message + " (kubectl of Kubernetes), or use another executor"};
    }
    return result;
  }

  /// Makes it, or leaves it as it is; its uid. On the server's side, as that keeps no copy of all
  /// of it in an annotation.
  Result<std::string> Apply(const Json& manifest) const {
    const std::string text = manifest.dump(-1, ' ', false, Json::error_handler_t::replace);
    RS_ASSIGN_OR_RETURN(
        const CommandResult applied,
        Call({"apply", "--server-side", "--force-conflicts", "--field-manager=roofscape", "-f", "-",
              "-o", "jsonpath={.metadata.uid}"},
             text));
    if (applied.status != 0) return KubectlError(applied);
    return std::string(Trim(applied.out));
  }

  Result<> GiveInput(const Ticket& ticket, const std::string& uid) const {
    RS_ASSIGN_OR_RETURN(const std::string text, ReadFile(ticket.folder + "/" + kJobFile));
    if (text.size() > kMostInput) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("job '{}': its points make {} bytes of input, and a ConfigMap takes "
                               "{}: split the plan",
                               ticket.name, text.size(), kMostInput)};
    }
    RS_ASSIGN_OR_RETURN(const std::string its_uid,
                        Apply(ConfigMapManifest(ticket.name, text, uid, settings_)));
    static_cast<void>(its_uid);
    return {};
  }

  /// From one answer for all jobs of the campaign, once a poll.
  Result<KubernetesLook> LookAtJob(const Ticket& ticket) {
    const std::string campaign = CampaignLabelOf(ticket.name);
    if (!seen_.contains(campaign)) {
      RS_ASSIGN_OR_RETURN(const CommandResult told,
                          Call({"get", "jobs,pods", "-l",
                                fmt::format("{}={}", kCampaignLabel, campaign), "-o", "json"}));
      if (told.status != 0) return KubectlError(told);
      RS_ASSIGN_OR_RETURN(Document document, ParseJson(told.out, "kubectl get"));
      seen_.emplace(campaign, std::move(document));
    }
    const Json& list = seen_.at(campaign).value();
    if (!list.is_object() || !list.contains("items") || !list["items"].is_array()) {
      return Error{ErrorCode::kUnavailable,
                   "kubectl get: its answer is no list: it is asked again"};
    }
    const Json none;
    const Json* job = &none;
    std::vector<const Json*> pods;
    for (const Json& item : list["items"]) {
      const std::string kind = TextAt(item, {"kind"});
      if (kind == "Job" && TextAt(item, {"metadata", "name"}) == ticket.name) job = &item;
      if (kind == "Pod" && TextAt(item, {"metadata", "labels", kJobLabel}) == ticket.name) {
        pods.push_back(&item);
      }
    }
    return LookAt(*job, pods);
  }

  const ExecutorSettings settings_;
  const Clock& clock_;
  std::vector<std::string> aside_;
  std::map<std::string, Document> seen_;     // By campaign, of this poll.
  std::map<std::string, Instant> unplaced_;  // Since when no node takes it.
  std::map<std::string, std::string> pods_;  // To fetch from, by job.
};

}  // namespace

std::unique_ptr<Executor> MakeKubernetesExecutor(const ExecutorSettings& settings,
                                                 const Clock& clock) {
  return std::make_unique<KubernetesExecutor>(settings, clock);
}

}  // namespace roofscape::fleet
