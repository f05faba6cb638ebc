#include "measure/load/server_pages.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "measure/load/stream_reader.h"
#include "measure/load/trials.h"

namespace roofscape::load {
namespace {

/// How a server gives itself away, and where it tells its version.
struct EngineSign {
  EngineKind engine;
  std::string_view name;
  std::string_view owned_by;  // In its list of models; empty: it names something else there.
  std::vector<const char*> version_pages;
  const char* version_at;  // A JSON pointer.
};

const std::array<EngineSign, 7>& EngineSigns() {
  static const std::array<EngineSign, 7> kSigns = {{
      {EngineKind::kLlamaCpp, "llama.cpp", "llamacpp", {"/props"}, "/build_info"},
      {EngineKind::kVllm, "vllm", "vllm", {"/version"}, "/version"},
      {EngineKind::kSglang, "sglang", "sglang", {"/get_server_info", "/server_info"}, "/version"},
      {EngineKind::kTensorRtLlm, "tensorrt-llm", "tensorrt_llm", {"/version"}, "/version"},
      {EngineKind::kDynamo, "dynamo", "nvidia", {"/version"}, "/version"},
      {EngineKind::kOpenAi, "openai", "openai", {}, ""},
      {EngineKind::kTgi, "tgi", "", {"/info"}, "/version"},
  }};
  return kSigns;
}

struct ModelList {
  std::vector<std::string> names;
  std::string owner;
};

Result<ModelList> ParseModels(const std::string& where, const std::string& body) {
  const Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_object() || !json.contains("data") ||
      !json["data"].is_array()) {
    return Error{ErrorCode::kProtocol,
                 fmt::format("{}: no list of models but: {}. Is this an OpenAI-compatible server? "
                             "Check host, port and path",
                             where, ErrorText(body))};
  }
  ModelList list;
  for (const Json& model : json["data"]) {
    const std::string name = TextAt(model, "/id");
    if (!name.empty()) list.names.push_back(name);
    if (list.owner.empty()) list.owner = TextAt(model, "/owned_by");
  }
  if (list.names.empty()) {
    return Error{ErrorCode::kUnavailable,
                 where + ": the server lists no model. Is one still loading? Try again later"};
  }
  return list;
}

Result<> ChooseModel(const ServerPages& pages, const std::string& wanted, const ModelList& list,
                     Dialect& dialect) {
  dialect.model = wanted.empty() ? list.names.front() : wanted;
  if (std::find(list.names.begin(), list.names.end(), dialect.model) != list.names.end()) return {};
  return Error{
      ErrorCode::kInvalidArgument,
      fmt::format("{}: the server has no model '{}'.{} It has: {}", pages.Where(""), dialect.model,
                  DidYouMean(dialect.model, list.names), fmt::join(list.names, ", "))};
}

void FindEngine(const ServerPages& pages, const std::string& owner, Dialect& dialect) {
  auto& facts = dialect.facts;
  for (const EngineSign& sign : EngineSigns()) {
    if (sign.owned_by != owner && !sign.owned_by.empty()) continue;
    std::string version;
    Json page(Json::value_t::discarded);
    for (const char* path : sign.version_pages) {
      page = pages.TryJson(path);
      version = TextAt(page, sign.version_at);
      if (!version.empty()) break;
    }
    // A server that does not tell who owns its models is known by what its page tells.
    if (sign.owned_by.empty() && (version.empty() || TextAt(page, "/model_id").empty())) continue;
    dialect.engine = sign.engine;
    facts["name"] = std::string(sign.name);
    if (!version.empty()) facts["version"] = version;
    if (!page.is_discarded() && page.is_object() && page.contains("total_slots")) {
      facts["slots"] = page["total_slots"].dump();
    }
    return;
  }
  if (!owner.empty()) facts["owned_by"] = owner;
}

/// The sum of a Prometheus metric over its labels; missing where the text has none of that name.
std::optional<double> SumOf(std::string_view text, std::string_view metric) {
  std::optional<double> sum;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.starts_with(metric)) continue;
    const std::string_view rest = line.substr(metric.size());
    if (rest.empty() || (rest[0] != '{' && rest[0] != ' ')) continue;
    const std::size_t space = rest.rfind(' ');
    double value = 0;
    const std::string_view number = rest.substr(space + 1);
    if (std::from_chars(number.data(), number.data() + number.size(), value).ec == std::errc()) {
      sum = sum.value_or(0) + value;
    }
  }
  return sum;
}

}  // namespace

std::string TextAt(const Json& json, const char* pointer) {
  const Json::json_pointer at(pointer);
  if (json.is_discarded() || !json.is_object() || !json.contains(at)) return {};
  const Json& found = json[at];
  return found.is_string() ? found.get<std::string>() : std::string();
}

Result<net::HttpResponse> ServerPages::Ask(std::string_view path, const std::string& body) const {
  net::FetchOptions options;
  options.headers = headers_;
  options.stop = stop_;
  options.tls = TlsOptions(plan_.target);
  if (!body.empty()) {
    options.method = "POST";
    options.body = body;
    options.headers.push_back({"Content-Type", "application/json"});
  }
  return net::Fetch(url_, ServerPath(url_, path), options, clock_);
}

Json ServerPages::TryJson(std::string_view path, const std::string& body) const {
  const auto response = Ask(path, body);
  if (!response || response->status != 200) return Json(Json::value_t::discarded);
  return Json::parse(response->body, nullptr, /*allow_exceptions=*/false);
}

std::string ServerPages::Where(std::string_view path) const {
  return url_.Origin() + (path.empty() ? "" : ServerPath(url_, path));
}

Result<> FindServer(const ServerPages& pages, const std::string& wanted_model, Dialect& dialect) {
  constexpr std::string_view kModels = "/v1/models";
  RS_ASSIGN_OR_RETURN(const net::HttpResponse response, pages.Get(kModels));
  if (response.status != 200) {
    if (wanted_model.empty()) {
      const auto location = response.Find("location");
      return StatusError(
          pages.Where(kModels), response.status,
          fmt::format("the server answered {}: {}", response.status,
                      location ? fmt::format("it redirects to {}", Printable(*location, 200))
                               : ErrorText(response.body)));
    }
    // Some gateways serve completions but no list; the trial request will tell.
    dialect.model = wanted_model;
    dialect.notes.push_back(
        fmt::format("the server lists no models (it answered {}); the name was taken as given",
                    response.status));
    dialect.facts["model"] = dialect.model;
    return {};
  }
  RS_ASSIGN_OR_RETURN(const ModelList list, ParseModels(pages.Where(kModels), response.body));
  RS_RETURN_IF_ERROR(ChooseModel(pages, wanted_model, list, dialect));
  dialect.facts["model"] = dialect.model;
  FindEngine(pages, list.owner, dialect);
  return {};
}

std::optional<double> RunningRequests(const ServerPages& pages, EngineKind engine) {
  if (engine == EngineKind::kLlamaCpp) {
    const Json slots = pages.TryJson("/slots");
    if (slots.is_array()) {
      return static_cast<double>(std::count_if(slots.begin(), slots.end(), [](const Json& slot) {
        return slot.is_object() && slot.value("is_processing", false);
      }));
    }
  }
  const auto page = pages.Get("/metrics");
  if (!page || page->status != 200) return std::nullopt;
  for (const std::string_view metric :
       {"vllm:num_requests_running", "sglang:num_running_reqs", "llamacpp:requests_processing",
        "tgi_batch_current_size", "dynamo_frontend_inflight_requests", "trtllm_num_active_requests",
        "roofscape_requests_running"}) {
    if (const auto running = SumOf(page->body, metric)) return running;
  }
  return std::nullopt;
}

}  // namespace roofscape::load
