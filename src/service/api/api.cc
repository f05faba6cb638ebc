#include "service/api/api.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "service/api/gzip.h"
#include "service/api/queue_api.h"
#include "service/api/selection.h"

namespace roofscape::api {
namespace {

constexpr std::size_t kMaxCacheBytes = std::size_t{64} << 20;
constexpr std::size_t kWorthGzip = 1024;
constexpr int kGzipLevel = 1;  // Answers are made for one reader; a loop waits for each.

using Names = std::span<const std::string_view>;

struct Ask {
  const ViewInput& input;
  StoreAccess& store;
  const std::vector<std::string>& parts;  // What stands in place of {id} and so on.
  const Params& params;
};

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// FNV-1a, twice with different beginnings: tells bodies apart, proves nothing.
std::string TagOf(std::string_view text) {
  std::uint64_t a = 0xcbf29ce484222325U;
  std::uint64_t b = 0x9ae16a3b2f90404fU;
  for (const char c : text) {
    a = (a ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    b = (b ^ static_cast<unsigned char>(c)) * 0x3f58476d1ce4e5b9U;
    b ^= b >> 29U;
  }
  return fmt::format("W/\"{:016x}{:016x}\"", a, b);
}

BodyPtr BodyOf(const Json& json) {
  auto body = std::make_shared<Body>();
  body->json = Dump(json);
  body->etag = TagOf(body->json);
  if (body->json.size() >= kWorthGzip) body->gzip = Gzip(body->json, kGzipLevel);
  return body;
}

int StatusOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return 400;
    case ErrorCode::kNotFound: return 404;
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout: return 503;
    default: return 500;
  }
}

std::string_view CodeName(int status) {
  if (status == 400) return "invalid_argument";
  if (status == 404) return "not_found";
  return status == 503 ? "unavailable" : "internal";
}

constexpr std::array<std::string_view, 0> kNone = {};
constexpr std::array<std::string_view, 5> kFrontier = {"x", "y", "at", "curve", "overlay"};
constexpr std::array<std::string_view, 11> kAnswer = {
    "input",     "output", "percentile", "interactivity_tps",
    "ttft_s",    "e2e_s",  "users",      "usd_per_month",
    "max_chips", "rank",   "limit"};
constexpr std::array<std::string_view, 4> kCompare = {"side", "x", "metric", "at"};
constexpr std::array<std::string_view, 5> kHistory = {"x", "at", "y", "by", "regressions"};
constexpr std::array<std::string_view, 5> kIntelligence = {"eval", "floor", "input_tokens",
                                                           "boundary", "gain"};
constexpr std::array<std::string_view, 5> kRuns = {"limit", "offset", "model", "engine", "chip"};
constexpr std::array<std::string_view, 1> kRunPoint = {"requests"};
constexpr std::array<std::string_view, 1> kRunSeries = {"samples"};
constexpr std::array<std::string_view, 24> kPredict = {
    "model",     "chip",       "fabric",      "engine",     "precision",
    "tp",        "ep",         "dp",          "pp",         "chips",
    "workers",   "prefill_tp", "prefill_ep",  "prefill_dp", "prefill_workers",
    "input",     "output",     "concurrency", "rate",       "max_sequences",
    "power_cap", "prefix_hit", "host_hit",    "host_gbps"};

constexpr std::array<std::string_view, 19> kSketch = {
    "model",       "chip",           "fabric",    "engine",    "precision",
    "bf16_pflops", "bandwidth_tb_s", "memory_gb", "link_gb_s", "usd_per_hour",
    "all_in_kw",   "chips",          "input",     "output",    "layers",
    "hidden",      "experts",        "top_k",     "width"};

}  // namespace

/// A path of the document: what it takes, and who answers.
struct Api::Route {
  std::string_view pattern;
  Names params;
  bool rows = false;    // Takes the filters of rows.
  bool priced = false;  // Takes tier and date.
  bool store = false;   // Reads the store: slow.
  bool kept = true;     // The answer is the same until the data changes.
  Result<Json> (*answer)(const Ask&);
  bool computes = false;  // For many milliseconds.
  bool early = false;     // Answers before the rows are there.
};

std::span<const Api::Route> Api::Routes() {
  static const Route routes[] = {
      {"/api/v1/health", kNone, false, false, false, true,
       [](const Ask& a) {
         const std::int64_t generation = a.input.snapshot->generation();
         return Result<Json>(
             Json{{"status", generation > 0 ? "ok" : "loading"}, {"generation", generation}});
       },
       false, true},
      {"/api/v1/meta", kNone, false, false, false, true,
       [](const Ask& a) { return MetaView(a.input); }},
      {"/api/v1/frontier", kFrontier, true, true, false, true,
       [](const Ask& a) { return FrontierView(a.input, a.params); }},
      {"/api/v1/rows/{id}", kNone, false, true, true, true,
       [](const Ask& a) { return RowView(a.input, a.store, a.parts[0], a.params); }},
      {"/api/v1/answer", kAnswer, true, true, true, true,
       [](const Ask& a) { return AnswerView(a.input, a.store, a.params); }},
      {"/api/v1/compare", kCompare, true, true, false, true,
       [](const Ask& a) { return CompareView(a.input, a.params); }},
      {"/api/v1/history", kHistory, true, true, false, true,
       [](const Ask& a) { return HistoryView(a.input, a.params); }},
      {"/api/v1/intelligence", kIntelligence, true, true, false, true,
       [](const Ask& a) { return IntelligenceView(a.input, a.params); }},
      {"/api/v1/runs", kRuns, false, false, true, false,
       [](const Ask& a) { return RunsView(a.input, a.store, a.params); }},
      {"/api/v1/runs/{id}", kNone, false, false, true, false,
       [](const Ask& a) { return RunView(a.input, a.store, a.parts[0]); }},
      {"/api/v1/runs/{id}/points/{point}", kRunPoint, false, false, true, false,
       [](const Ask& a) {
         return RunPointView(a.input, a.store, a.parts[0], a.parts[1], a.params);
       }},
      {"/api/v1/runs/{id}/series", kRunSeries, false, false, true, false,
       [](const Ask& a) { return RunSeriesView(a.input, a.store, a.parts[0], a.params); }},
      {"/api/v1/runs/{id}/recipe", kNone, false, false, true, false,
       [](const Ask& a) { return RunRecipeView(a.input, a.store, a.parts[0]); }},
      {"/api/v1/predict", kPredict, false, true, false, true,
       [](const Ask& a) { return PredictView(a.input, a.params); }},
      {"/api/v1/codesign", kNone, false, false, false, false,
       [](const Ask& a) { return StudiesView(a.input); }},
      {"/api/v1/codesign/{id}", kNone, false, false, false, false,
       [](const Ask& a) { return StudyView(a.input, a.parts[0]); }, true},
      {"/api/v1/sketch", kSketch, false, true, false, true,
       [](const Ask& a) { return SketchView(a.input, a.params); }, true},
      {"/api/v1/catalog", kNone, false, false, false, true,
       [](const Ask& a) { return Result<Json>(CatalogKindsView(a.input.catalog())); }},
      {"/api/v1/catalog/{kind}", kNone, false, false, false, true,
       [](const Ask& a) { return CatalogListView(a.input.catalog(), a.parts[0]); }},
      {"/api/v1/catalog/{kind}/{id}", kNone, false, false, false, true,
       [](const Ask& a) { return CatalogEntryView(a.input.catalog(), a.parts[0], a.parts[1]); }},
      {"/api/v1/fleet", kNone, false, false, true, false,
       [](const Ask& a) { return FleetView(a.input, a.store); }},
      {"/api/v1/fleet/campaigns/{name}", kNone, false, false, true, false,
       [](const Ask& a) { return SweepView(a.input, a.store, a.parts[0]); }},
      {"/api/v1/fleet/entries/{name}", kNone, false, false, true, false,
       [](const Ask& a) { return EntryView(a.input, a.store, a.parts[0]); }},
      {"/api/v1/live", kNone, false, false, true, false,
       [](const Ask& a) { return LiveView(a.input, a.store); }},
      {"/api/v1/queue", kNone, false, false, true, false,
       [](const Ask& a) { return QueueView(a.input, a.store); }},
      {"/api/v1/queue/{id}", kNone, false, false, true, false,
       [](const Ask& a) { return QueueEntryView(a.input, a.store, a.parts[0]); }},
      {"/api/v1/openapi.json", kNone, false, false, false, true,
       [](const Ask&) { return Result<Json>(Json::parse(OpenApiDocument(), nullptr, false)); },
       false, true},
  };
  return routes;
}

std::vector<std::string> Api::Paths() {
  std::vector<std::string> paths;
  for (const Route& route : Routes()) paths.emplace_back(route.pattern);
  paths.emplace_back("/api/v1/live/events");  // A stream: live_feed.h.
  return paths;
}

const Api::Route* Api::FindRoute(std::string_view path, std::vector<std::string>& parts) {
  const std::vector<std::string> asked = Split(path, '/');
  for (const Route& route : Routes()) {
    const std::vector<std::string> pattern = Split(route.pattern, '/');
    if (pattern.size() != asked.size()) continue;
    parts.clear();
    bool fits = true;
    for (std::size_t i = 0; i < asked.size() && fits; ++i) {
      if (!pattern[i].starts_with('{')) {
        fits = pattern[i] == asked[i];
        continue;
      }
      const auto part = Unescape(asked[i], false);
      fits = part && !part->empty() && IsCleanText(*part);
      if (fits) parts.push_back(*part);
    }
    if (fits) return &route;
  }
  return nullptr;
}

BodyPtr ErrorBody(int status, std::string_view code, std::string_view message,
                  std::string_view parameter) {
  auto body = std::make_shared<Body>();
  body->status = status;
  body->json = Dump({{"error",
                      {{"code", code},
                       {"message", message},
                       {"parameter", OptionalText(std::string(parameter))}}}});
  return body;
}

BodyPtr ErrorBody(const Error& error) {
  const int status = StatusOf(error.code);
  return ErrorBody(status, CodeName(status), error.message, ParameterOf(error));
}

Api::Api(const Facts& facts, Snapshots& snapshots, StoreAccess& store, const Clock& clock)
    : facts_(facts), snapshots_(snapshots), store_(store), clock_(clock) {}

Api::Where Api::WhereOf(std::string_view target) const {
  std::vector<std::string> parts;
  const Route* route = FindRoute(target.substr(0, target.find('?')), parts);
  if (route == nullptr) return Where::kLoop;
  if (route->computes) return Where::kCompute;
  if (!route->early && snapshots_.Now()->generation() == 0) return Where::kStore;
  const bool reads = route->store || target.find("as_of=") != std::string_view::npos;
  return reads ? Where::kStore : Where::kLoop;
}

Result<Json> Api::Answer(const Route& route, const std::vector<std::string>& parts,
                         const Params& params, std::int64_t& generation) {
  std::vector<std::string_view> known(route.params.begin(), route.params.end());
  const auto add = [&](Names names) { known.insert(known.end(), names.begin(), names.end()); };
  if (route.rows) add(SelectionParams());
  if (route.priced) add(PricingParams());
  RS_RETURN_IF_ERROR(params.Check(known));
  ViewInput input{&facts_, snapshots_.Now(), clock_.Wall()};
  if (route.rows) {
    RS_ASSIGN_OR_RETURN(const auto as_of, params.Day("as_of"));
    if (as_of) {
      RS_ASSIGN_OR_RETURN(input.snapshot, snapshots_.AsOf(*as_of));
    }
  }
  generation = input.snapshot->generation();
  return route.answer({input, store_, parts, params});
}

struct Api::Asked {
  const Route* route = nullptr;
  std::vector<std::string> parts;
  Params params;
  std::string key;
};

Result<Api::Asked> Api::Read(std::string_view target) {
  const std::size_t question = std::min(target.find('?'), target.size());
  Asked asked;
  asked.route = FindRoute(target.substr(0, question), asked.parts);
  if (asked.route == nullptr) {
    return Error{ErrorCode::kNotFound, "there is no such path: /api/v1/openapi.json has them all"};
  }
  RS_ASSIGN_OR_RETURN(asked.params,
                      Params::Parse(target.substr(std::min(question + 1, target.size()))));
  asked.key = std::string(asked.route->pattern) + '?' + asked.params.Canonical();
  for (const std::string& part : asked.parts) asked.key += fmt::format("/{}:{}", part.size(), part);
  return asked;
}

BodyPtr Api::Peek(std::string_view target) {
  const auto asked = Read(target);
  if (!asked || !asked->route->kept) return nullptr;
  return FromCache(asked->key, snapshots_.Now()->generation(), Today());
}

std::string Api::Today() const { return clock_.Wall().ToIso().substr(0, 10); }

BodyPtr Api::Get(std::string_view target) {
  auto asked = Read(target);
  if (!asked) return ErrorBody(asked.error());
  const std::string day = Today();
  std::int64_t generation = snapshots_.Now()->generation();
  if (asked->route->kept) {
    if (BodyPtr kept = FromCache(asked->key, generation, day)) return kept;
  }
  const auto json = Answer(*asked->route, asked->parts, asked->params, generation);
  if (!json) return ErrorBody(json.error());
  BodyPtr body = BodyOf(*json);
  if (asked->route->kept) Keep({std::move(asked->key), generation, day, body});
  return body;
}

BodyPtr Api::FromCache(const std::string& key, std::int64_t generation, const std::string& day) {
  const std::scoped_lock lock(mutex_);
  const auto found = places_.find(key);
  if (found == places_.end()) return nullptr;
  const auto at = found->second;
  if (at->generation != generation || at->day != day) return nullptr;
  cached_.splice(cached_.begin(), cached_, at);
  return at->body;
}

void Api::Keep(Cached cached) {
  const auto size = [](const Cached& one) {
    return one.key.size() + one.body->json.size() + one.body->gzip.size();
  };
  const std::scoped_lock lock(mutex_);
  if (const auto old = places_.find(cached.key); old != places_.end()) {
    const auto at = old->second;
    cached_bytes_ -= size(*at);
    places_.erase(old);
    cached_.erase(at);
  }
  cached_bytes_ += size(cached);
  cached_.push_front(std::move(cached));
  places_.emplace(cached_.front().key, cached_.begin());
  while (cached_bytes_ > kMaxCacheBytes && cached_.size() > 1) {
    cached_bytes_ -= size(cached_.back());
    places_.erase(cached_.back().key);
    cached_.pop_back();
  }
}

}  // namespace roofscape::api
