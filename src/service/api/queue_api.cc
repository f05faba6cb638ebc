#include "service/api/queue_api.h"

#include <map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "base/net/http_headers.h"
#include "service/api/params.h"

namespace roofscape::api {
namespace {

constexpr std::string_view kQueue = "/api/v1/queue";
constexpr int kAccepted = 202;

BodyPtr JsonBody(int status, const Json& json) {
  auto body = std::make_shared<Body>();
  body->status = status;
  body->json = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return body;
}

BodyPtr WrongMethod(bool one) {
  auto body =
      std::make_shared<Body>(*ErrorBody(405, "method_not_allowed",
                                        one ? "an entry of the queue answers GET, HEAD and DELETE"
                                            : "the queue answers GET, HEAD and POST"));
  body->allow = one ? "GET, HEAD, DELETE" : "GET, HEAD, POST";
  return body;
}

/// Whether the page that sent it, where a page did, is one of this server. Browsers say so
/// themselves, in one header or in both.
bool IsOwnPage(const net::HttpRequestHead& head) {
  const auto site = head.Find("sec-fetch-site");
  if (site && *site != "same-origin" && *site != "none") return false;
  const auto origin = head.Find("origin");
  if (!origin) return true;
  const std::string_view host = head.Find("host").value_or("");
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin->starts_with(scheme) && net::EqualsIgnoreCase(origin->substr(scheme.size()), host)) {
      return !host.empty();
    }
  }
  return false;
}

bool IsJson(std::string_view content_type) {
  return net::EqualsIgnoreCase(Trim(content_type.substr(0, content_type.find(';'))),
                               "application/json");
}

}  // namespace

bool IsQueue(std::string_view path) {
  return path == kQueue ||
         (path.starts_with(kQueue) && path.size() > kQueue.size() + 1 &&
          path[kQueue.size()] == '/' && path.find('/', kQueue.size() + 1) == path.npos);
}

BodyPtr ChangeRefusal(const net::HttpRequestHead& head, const BenchDesk* desk,
                      const Tokens& tokens) {
  if (desk == nullptr) {
    return ErrorBody(403, "forbidden",
                     "this server starts no runs: start it with roofscape serve --allow-runs, or "
                     "run roofscape bench");
  }
  const bool one = head.Path() != kQueue;
  if (head.method != (one ? "DELETE" : "POST")) return WrongMethod(one);
  if (!IsOwnPage(head)) {
    return ErrorBody(403, "forbidden",
                     "another site's page sent this: runs are started from the dashboard itself");
  }
  if (!one && !IsJson(head.Find("content-type").value_or(""))) {
    return ErrorBody(415, "unsupported_media_type",
                     "send the header 'Content-Type: application/json'");
  }
  if (tokens.empty() || !tokens.Admit(head.Find("authorization").value_or(""))) {
    return ErrorBody(401, "unauthorized",
                     "runs are started with a token, on this machine too: send the header "
                     "'Authorization: Bearer TOKEN'. roofscape serve showed it when it began");
  }
  return nullptr;
}

BodyPtr Change(const net::HttpRequestHead& head, std::string_view body, BenchDesk& desk) {
  const std::string_view path = head.Path();
  if (path.size() != head.target.size()) {
    return ErrorBody(400, "invalid_argument", "the queue takes no parameters: leave '?...' away");
  }
  if (path == kQueue) {
    const auto request = ReadBenchRequest(body);
    if (!request) return ErrorBody(request.error());
    const auto entry = desk.Add(*request);
    return entry ? JsonBody(kAccepted, *entry) : ErrorBody(entry.error());
  }
  const auto id = Unescape(path.substr(kQueue.size() + 1), false);
  const auto entry = desk.Cancel(id.value_or(""));
  return entry ? JsonBody(200, *entry) : ErrorBody(entry.error());
}

Json QueueJson(const ViewInput& input, const std::vector<store::RunSummary>& runs) {
  Json queue = Json::array();
  if (input.facts->benches == nullptr) return queue;
  std::map<std::string, std::string> run_of;
  for (const store::RunSummary& run : runs) {
    const auto label = run.labels.find(BenchDesk::kLabel);
    if (label != run.labels.end()) run_of.emplace(label->second, run.id);
  }
  for (Json& entry : input.facts->benches->Entries()) {
    const auto run = run_of.find(entry["id"].get<std::string>());
    if (run != run_of.end()) entry["run"] = run->second;
    queue.push_back(std::move(entry));
  }
  return queue;
}

Result<Json> QueueView(const ViewInput& input, StoreAccess& store) {
  RS_ASSIGN_OR_RETURN(const auto runs, store.Runs({.limit = 200}));
  return Json{{"allowed", input.facts->benches != nullptr},
              {"limit", BenchDesk::kMaxWaiting},
              {"entries", QueueJson(input, runs)}};
}

Result<Json> QueueEntryView(const ViewInput& input, StoreAccess& store, std::string_view id) {
  RS_ASSIGN_OR_RETURN(const auto runs, store.Runs({.limit = 200}));
  for (Json& entry : QueueJson(input, runs)) {
    if (entry["id"] == id) return std::move(entry);
  }
  return Error{
      ErrorCode::kNotFound,
      fmt::format("queue: there is no '{}': /api/v1/queue has them all", Printable(id, 40))};
}

}  // namespace roofscape::api
