#include "service/api/export_static.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/check.h"
#include "results/store/digest.h"
#include "service/api/export_points.h"
#include "service/api/gzip.h"
#include "service/api/selection.h"
#include "service/api/study_desk.h"

namespace roofscape::api {
namespace {

constexpr std::array kTargets = {5.0,  10.0, 15.0,  20.0,  25.0,  30.0,  40.0, 50.0,
                                 60.0, 75.0, 100.0, 125.0, 150.0, 200.0, 300.0};
constexpr std::array kHistoryTargets = {20.0, 50.0, 100.0};
constexpr std::array<std::string_view, 6> kKinds = {"chips",   "fabrics", "models",
                                                    "engines", "prices",  "scores"};
constexpr std::string_view kNoData = R"(<meta name="roofscape-data" content="" />)";
constexpr std::string_view kWithData = R"(<meta name="roofscape-data" content="data/" />)";
constexpr std::size_t kMaxUnpacked = std::size_t{64} << 20;
constexpr int kSmall = 9;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// "name=value" of a query, whatever the value holds.
std::string Part(std::string_view name, std::string_view value) {
  std::string part(name);
  part += '=';
  for (const char c : value) part += fmt::format("%{:02x}", static_cast<unsigned char>(c));
  return part;
}

/// All points of one model, shape and protocol.
struct Set {
  std::string model, shape, protocol;
  std::vector<std::size_t> places;

  std::string Query() const {
    // "?" is what a query calls a thing that nobody told.
    const auto told = [](const std::string& text) { return text.empty() ? "?" : text; };
    return Part("model", told(model)) + "&" + Part("shape", told(shape)) + "&" +
           Part("protocol", told(protocol));
  }
};

/// Those of most points first.
std::vector<Set> SetsOf(const Snapshot& snapshot) {
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::size_t> known;
  std::vector<Set> sets;
  for (std::size_t row = 0; row < snapshot.rows().size(); ++row) {
    const auto model = snapshot.Code(Field::kModel, row);
    const auto shape = snapshot.Code(Field::kShape, row);
    const auto protocol = snapshot.Code(Field::kProtocol, row);
    const auto [at, is_new] = known.emplace(std::tuple(model, shape, protocol), sets.size());
    if (is_new) {
      sets.push_back({snapshot.Values(Field::kModel)[model],
                      snapshot.Values(Field::kShape)[shape],
                      snapshot.Values(Field::kProtocol)[protocol],
                      {}});
    }
    sets[at->second].places.push_back(row);
  }
  std::stable_sort(sets.begin(), sets.end(),
                   [](const Set& a, const Set& b) { return a.places.size() > b.places.size(); });
  return sets;
}

class Exporter {
 public:
  Exporter(const ViewInput& input, StoreAccess& store, const SiteOptions& options,
           const SiteSink& sink)
      : input_(input), store_(store), options_(options), sink_(sink) {}

  Result<SiteSummary> Run() {
    RS_RETURN_IF_ERROR(WriteDashboard());
    RS_ASSIGN_OR_RETURN(const Params none, Params::Parse(""));
    RS_ASSIGN_OR_RETURN(pricing_, ReadPricing(none, input_));
    RS_RETURN_IF_ERROR(WriteMeta());
    RS_RETURN_IF_ERROR(WriteSets());
    RS_RETURN_IF_ERROR(WriteIntelligence());
    RS_RETURN_IF_ERROR(WriteRuns());
    RS_RETURN_IF_ERROR(WriteFleet());
    RS_RETURN_IF_ERROR(WriteCatalog());
    RS_RETURN_IF_ERROR(WriteStudies());
    RS_RETURN_IF_ERROR(WriteManifest());
    return summary_;
  }

 private:
  Result<> Write(const std::string& path, std::string_view bytes) {
    manifest_.push_back(
        {{"path", path}, {"bytes", bytes.size()}, {"sha256", store::Sha256Hex(bytes)}});
    ++summary_.files;
    summary_.bytes += static_cast<std::int64_t>(bytes.size());
    return sink_(path, bytes);
  }
  Result<> WriteJson(const std::string& path, const Json& json) { return Write(path, Dump(json)); }
  Result<> WritePacked(const std::string& path, const Json& json) {
    return Write(path, Gzip(Dump(json), kSmall));
  }

  Result<> WriteDashboard() {
    for (const StaticFile& file : options_.files) {
      auto text = Gunzip(file.gzip, kMaxUnpacked);
      RS_CHECK(text.has_value());
      if (file.path == "/index.html") {
        const std::size_t at = text->find(kNoData);
        RS_CHECK(at != std::string::npos);
        text->replace(at, kNoData.size(), kWithData);
      }
      RS_RETURN_IF_ERROR(Write(std::string(file.path.substr(1)), *text));
    }
    return {};
  }

  Result<> WriteMeta() {
    RS_ASSIGN_OR_RETURN(Json meta, MetaView(input_));
    meta["static"] = true;
    meta["built"] = input_.now.ToIso();
    meta["store"] = "";  // A path of somebody's machine is nobody's affair.
    meta["capabilities"] = {
        {"predict", false}, {"live", false}, {"answer", true}, {"as_of", false}, {"runs", false}};
    return WriteJson("data/meta.json", meta);
  }

  Result<> WriteSets() {
    Json index = Json::array();
    std::size_t number = 0;
    for (const Set& set : SetsOf(*input_.snapshot)) {
      const auto path = [&](const char* kind) {
        return fmt::format("data/{}/{}.json.gz", kind, number);
      };
      Json points = {{"model", set.model}, {"shape", set.shape}, {"protocol", set.protocol}};
      points.update(SitePointsJson(*input_.snapshot, set.places, pricing_));
      RS_RETURN_IF_ERROR(WritePacked(path("points"), points));
      RS_RETURN_IF_ERROR(WriteRows(set, path("rows")));
      RS_RETURN_IF_ERROR(WriteAnswers(set, path("answer")));
      RS_RETURN_IF_ERROR(WriteHistory(set, path("history")));
      index.push_back({{"model", set.model},
                       {"shape", set.shape},
                       {"protocol", set.protocol},
                       {"count", set.places.size()},
                       {"points", path("points")},
                       {"answer", path("answer")},
                       {"rows", path("rows")},
                       {"history", path("history")}});
      summary_.rows += static_cast<std::int64_t>(set.places.size());
      ++number;
    }
    return WriteJson("data/index.json", {{"sets", std::move(index)}, {"labels", Labels()}});
  }

  /// {"chip": {"b200-sxm": "NVIDIA B200"}, ...}: what facets call their values.
  Json Labels() const {
    Json labels = Json::object();
    const Json facets = FacetsJson({}, *input_.snapshot, input_.catalog());
    for (const char* field : {"model", "chip", "engine"}) {
      Json& names = labels[field] = Json::object();
      for (const Json& option : facets[field]) {
        names[option["value"].get<std::string>()] = option["label"];
      }
    }
    return labels;
  }

  Result<> WriteRows(const Set& set, const std::string& path) {
    RS_ASSIGN_OR_RETURN(const Params none, Params::Parse(""));
    Json rows = Json::object();
    for (const std::size_t place : set.places) {
      const std::string& id = input_.snapshot->origin(place).id;
      RS_ASSIGN_OR_RETURN(rows[id], RowView(input_, store_, id, none));
    }
    return WritePacked(path, {{"rows", std::move(rows)}});
  }

  Result<> WriteAnswers(const Set& set, const std::string& path) {
    Json grid = Json::array();
    Json rerun;
    for (const double target : kTargets) {
      RS_ASSIGN_OR_RETURN(const Params params, Params::Parse(fmt::format("{}&interactivity_tps={}",
                                                                         set.Query(), target)));
      RS_ASSIGN_OR_RETURN(Json answer, AnswerView(input_, store_, params));
      if (answer["results"].empty()) break;  // Nor is anything faster.
      grid.push_back({{"interactivity_tps", target}, {"results", std::move(answer["results"])}});
      rerun = std::move(answer["rerun"]);
    }
    Json answers = {{"percentile", "p50"}, {"rerun", std::move(rerun)}};
    answers.update(PricingJson(pricing_));
    answers["grid"] = std::move(grid);
    return WritePacked(path, answers);
  }

  Result<> WriteHistory(const Set& set, const std::string& path) {
    Json all = Json::array();
    for (const double target : kHistoryTargets) {
      for (const char* best : {"total_tps_per_chip", "usd_per_mtok_total"}) {
        RS_ASSIGN_OR_RETURN(const Params params,
                            Params::Parse(fmt::format("{}&at={}&y={}&by=chip&regressions=1",
                                                      set.Query(), target, best)));
        RS_ASSIGN_OR_RETURN(Json history, HistoryView(input_, params));
        all.push_back({{"interactivity_tps", target}, {"history", std::move(history)}});
      }
    }
    return WritePacked(path, {{"at", std::move(all)}});
  }

  Result<> WriteIntelligence() {
    Json evals = Json::array();
    RS_ASSIGN_OR_RETURN(const Params none, Params::Parse(""));
    RS_ASSIGN_OR_RETURN(const Json first, IntelligenceView(input_, none));
    for (const Json& eval : first["evals"]) {
      if (!eval["takes_part"].get<bool>() || eval["needs_input_tokens"].get<bool>()) continue;
      RS_ASSIGN_OR_RETURN(const Params params,
                          Params::Parse(Part("eval", eval["id"].get<std::string>())));
      RS_ASSIGN_OR_RETURN(Json body, IntelligenceView(input_, params));
      evals.push_back(std::move(body));
    }
    return WriteJson("data/intelligence.json", {{"evals", std::move(evals)}});
  }

  Result<> WriteRuns() {
    RS_ASSIGN_OR_RETURN(const Params most, Params::Parse("limit=500"));
    RS_ASSIGN_OR_RETURN(const Json runs, RunsView(input_, store_, most));
    RS_RETURN_IF_ERROR(WriteJson("data/runs.json", runs));
    RS_ASSIGN_OR_RETURN(const Params none, Params::Parse(""));
    for (const Json& summary : runs["runs"]) {
      const std::string id = summary["id"];
      const std::string folder = "data/runs/" + id;
      RS_ASSIGN_OR_RETURN(const Json run, RunView(input_, store_, id));
      RS_RETURN_IF_ERROR(WriteJson(folder + ".json", run));
      for (const Json& point : run["points"]) {
        const std::string index = std::to_string(point["index"].get<std::int64_t>());
        RS_ASSIGN_OR_RETURN(const Json body, RunPointView(input_, store_, id, index, none));
        RS_RETURN_IF_ERROR(WriteJson(fmt::format("{}/points/{}.json", folder, index), body));
      }
      RS_ASSIGN_OR_RETURN(const Json series, RunSeriesView(input_, store_, id, none));
      RS_RETURN_IF_ERROR(WriteJson(folder + "/series.json", series));
      RS_ASSIGN_OR_RETURN(const Json recipe, RunRecipeView(input_, store_, id));
      RS_RETURN_IF_ERROR(WriteJson(folder + "/recipe.json", recipe));
      if (recipe["script"].is_string()) {
        RS_RETURN_IF_ERROR(
            Write(folder + "/recipe.sh", recipe["script"].get_ref<const std::string&>()));
      }
      ++summary_.runs;
    }
    return {};
  }

  /// Names are anybody's: files have the places of the lists.
  Result<> WriteFleet() {
    RS_ASSIGN_OR_RETURN(const Json all, FleetView(input_, store_));
    RS_RETURN_IF_ERROR(WriteJson("data/fleet.json", all));
    for (std::size_t i = 0; i < all["campaigns"].size(); ++i) {
      const Json& campaign = all["campaigns"][i];
      if (campaign["state"] == "unreadable") continue;
      RS_ASSIGN_OR_RETURN(const Json one,
                          SweepView(input_, store_, campaign["name"].get<std::string>()));
      RS_RETURN_IF_ERROR(WritePacked(fmt::format("data/fleet/campaigns/{}.json.gz", i), one));
    }
    for (std::size_t i = 0; i < all["entries"].size(); ++i) {
      RS_ASSIGN_OR_RETURN(const Json one,
                          EntryView(input_, store_, all["entries"][i]["name"].get<std::string>()));
      RS_RETURN_IF_ERROR(WritePacked(fmt::format("data/fleet/entries/{}.json.gz", i), one));
    }
    return {};
  }

  Result<> WriteCatalog() {
    const catalog::Catalog& catalog = input_.catalog();
    RS_RETURN_IF_ERROR(WriteJson("data/catalog.json", CatalogKindsView(catalog)));
    for (const std::string_view kind : kKinds) {
      RS_ASSIGN_OR_RETURN(const Json list, CatalogListView(catalog, kind));
      RS_RETURN_IF_ERROR(WriteJson(fmt::format("data/catalog/{}.json", kind), list));
      for (const Json& entry : list["entries"]) {
        const std::string id = entry["id"];
        RS_ASSIGN_OR_RETURN(const Json one, CatalogEntryView(catalog, kind, id));
        RS_RETURN_IF_ERROR(WriteJson(fmt::format("data/catalog/{}/{}.json", kind, id), one));
      }
    }
    return {};
  }

  /// Each computed now, where nobody has.
  Result<> WriteStudies() {
    if (input_.facts->studies == nullptr) return {};
    for (const study::Study& study : input_.facts->studies->studies()) {
      RS_ASSIGN_OR_RETURN(const Json body, FinishedStudyView(input_, study.id));
      RS_RETURN_IF_ERROR(WriteJson(fmt::format("data/codesign/{}.json", study.id), body));
    }
    RS_ASSIGN_OR_RETURN(const Json list, StudiesView(input_));
    return WriteJson("data/codesign.json", list);
  }

  Result<> WriteManifest() {
    const Json manifest = {{"schema", "roofscape-site-1"},
                           {"version", input_.facts->version},
                           {"built", input_.now.ToIso()},
                           {"generation", input_.snapshot->generation()},
                           {"base_url", OptionalText(options_.base_url)},
                           {"files", manifest_}};
    const std::string text = manifest.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
    ++summary_.files;
    summary_.bytes += static_cast<std::int64_t>(text.size());
    return sink_("data/manifest.json", text);
  }

  const ViewInput& input_;
  StoreAccess& store_;
  const SiteOptions& options_;
  const SiteSink& sink_;
  analysis::Pricing pricing_;
  Json manifest_ = Json::array();
  SiteSummary summary_;
};

}  // namespace

Result<SiteSummary> ExportStatic(const ViewInput& input, StoreAccess& store,
                                 const SiteOptions& options, const SiteSink& sink) {
  return Exporter(input, store, options, sink).Run();
}

}  // namespace roofscape::api
