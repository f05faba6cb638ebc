#include "service/fleet/evidence_bundle.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/document.h"
#include "base/core/text.h"
#include "results/store/digest.h"
#include "service/fleet/file.h"
#include "service/fleet/job.h"
#include "service/fleet/recipe.h"
#include "service/fleet/state.h"

namespace roofscape::fleet {
namespace {

std::string LineOf(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// As it is stored: figures that are computed from points are left out.
std::string RunText(spec::RunResult run) {
  run.repeats.clear();
  return spec::ToJson(run).dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json SeriesJson(const std::vector<store::Series>& all) {
  Json list = Json::array();
  for (const store::Series& one : all) {
    list.push_back({{"metric", one.metric},
                    {"device", one.device},
                    {"source", one.source},
                    {"sha256", one.digest},
                    {"known_us", one.known.unix_us},
                    {"begin_us", one.begin.unix_us},
                    {"offsets_us", one.offsets_us},
                    {"values", one.values}});
  }
  return list;
}

std::string RunFolder(const std::string& id) { return "runs/" + id; }

std::string LogPath(const std::string& id, std::int64_t point) {
  return fmt::format("{}/requests-{}.rsrl", RunFolder(id), point);
}

class Collector {
 public:
  Collector(store::Store& store, store::SweepLog* log, const EvidenceRequest& request)
      : store_(store), log_(log), request_(request) {}

  Result<Evidences> Run() {
    for (const std::string& id : request_.runs) RS_RETURN_IF_ERROR(AddRun(id));
    Json facts = {{"bundle", "roofscape-evidence"}, {"roofscape", request_.version}};
    facts["runs"] = request_.runs;
    if (!request_.campaign.empty()) {
      RS_ASSIGN_OR_RETURN(facts["campaign"], AddCampaign());
    }
    out_.manifest = store::BundleManifest(facts, out_.files);
    return std::move(out_);
  }

 private:
  /// The campaign of a run with its record; null where it was not made by a sweep.
  struct Known {
    store::SweepRecord record;
    CampaignState state;
  };
  Result<const Known*> CampaignOf(const std::string& name) {
    const auto found = campaigns_.find(name);
    if (found != campaigns_.end()) return found->second.get();
    std::unique_ptr<Known>& known = campaigns_[name];
    if (log_ == nullptr || name.empty()) return nullptr;
    auto record = log_->Load(name);
    if (!record && record.error().code == ErrorCode::kNotFound) return nullptr;
    if (!record) return record.error();
    known = std::make_unique<Known>();
    known->record = *std::move(record);
    RS_ASSIGN_OR_RETURN(known->state, CampaignState::Of(known->record));
    return known.get();
  }

  Result<> AddRun(const std::string& id) {
    RS_ASSIGN_OR_RETURN(const spec::RunResult run, store_.LoadRun(id));
    if (!store::IsBundlePath(RunFolder(id))) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("run {}: its id is no name for a file", Printable(id, 60))};
    }
    const std::string folder = RunFolder(id);
    out_.files[folder + "/run.json"] = RunText(run);
    for (const spec::PointResult& point : run.points) {
      RS_ASSIGN_OR_RETURN(const spec::RequestLog log, store_.LoadLog({id, point.index}));
      if (log.requests.empty()) continue;
      out_.files[LogPath(id, point.index)] = spec::EncodeRequestLog(log);
    }
    RS_ASSIGN_OR_RETURN(const std::vector<store::Series> series, store_.LoadSeries(id));
    if (!series.empty()) out_.files[folder + "/series.json"] = LineOf(SeriesJson(series));
    const auto label = run.plan.labels.find("campaign");
    if (label == run.plan.labels.end()) return {};
    RS_ASSIGN_OR_RETURN(const Known* known, CampaignOf(label->second));
    if (known == nullptr) return {};
    const PointState* point = PointOfRun(known->state, id);
    if (point == nullptr) return {};
    constexpr std::int64_t kRepeats = 3;
    out_.files[folder + "/recipe.sh"] = RecipeScript(
        *point, known->state.layouts().at(point->layout), id, kRepeats, request_.version);
    return request_.logs ? AddJobs(*known, point->key) : Result<>();
  }

  /// The folders of the jobs that were to measure a point.
  Result<> AddJobs(const Known& known, const std::string& point) {
    for (const store::SweepEvent& event : known.record.events) {
      if (event.kind != "job") continue;
      RS_ASSIGN_OR_RETURN(const Document document, ParseJson(event.json, "event"));
      ObjectReader reader(document);
      std::string name, folder;
      std::vector<std::string> points;
      reader.Required("job", name);
      reader.Required("folder", folder);
      reader.Required("points", points);
      RS_RETURN_IF_ERROR(reader.Finish());
      const bool ours = std::find(points.begin(), points.end(), point) != points.end();
      if (ours && jobs_.insert(name).second) AddJob(name, folder);
    }
    return {};
  }

  void AddJob(const std::string& name, const std::string& folder) {
    bool any = false;
    for (const char* file : {kJobFile, kJournalFile, kServerLog, kWorkerLog}) {
      const std::string path = "jobs/" + name + "/" + file;
      // The end of a log tells more than its begin; a bundle is no place for gigabytes.
      constexpr std::size_t kMost = std::size_t{64} << 20;
      const auto text = ReadEndOfFile(folder + "/" + file, 0, kMost);
      if (!text || !store::IsBundlePath(path)) continue;
      out_.files[path] = *text;
      any = true;
    }
    if (!any) out_.missing.push_back(folder);
  }

  Result<Json> AddCampaign() {
    RS_ASSIGN_OR_RETURN(const std::vector<store::Campaign> all, store_.Campaigns());
    const auto found = std::find_if(all.begin(), all.end(), [&](const store::Campaign& one) {
      return one.name == request_.campaign;
    });
    RS_CHECK(found != all.end());
    RS_ASSIGN_OR_RETURN(const Known* known, CampaignOf(request_.campaign));
    if (known != nullptr) {
      const store::SweepRecord& record = known->record;
      const bool json = Trim(record.plan_text).starts_with('{');
      out_.files[json ? "plan.json" : "plan.toml"] = record.plan_text;
      std::string& layouts = out_.files["campaign/layouts.jsonl"];
      for (const store::SweepLayout& one : record.layouts) {
        layouts += LineOf({{"layout", one.id}, {"json", one.json}});
      }
      std::string& points = out_.files["campaign/points.jsonl"];
      for (const store::SweepPoint& one : record.points) {
        points += LineOf({{"point", one.key}, {"layout", one.layout}, {"json", one.json}});
      }
      std::string& events = out_.files["campaign/events.jsonl"];
      for (const store::SweepEvent& one : record.events) {
        events += LineOf({{"index", one.index},
                          {"at_us", one.at.unix_us},
                          {"kind", one.kind},
                          {"subject", one.subject},
                          {"json", one.json}});
      }
    }
    return Json{{"name", found->name},
                {"purpose", found->purpose},
                {"started_us", found->started.unix_us},
                {"labels", Json(found->labels)}};
  }

  store::Store& store_;
  store::SweepLog* const log_;
  const EvidenceRequest& request_;
  Evidences out_;
  std::map<std::string, std::unique_ptr<Known>> campaigns_;
  std::set<std::string> jobs_;
};

/// Reads a file of one JSON object a line.
template <class Take>
Result<> EachLine(const store::Bundle& bundle, const std::string& path, const std::string& source,
                  Take take) {
  std::int64_t number = 0;
  for (const std::string& line : Split(bundle.Find(path), '\n')) {
    if (line.empty()) continue;
    RS_ASSIGN_OR_RETURN(const Document document,
                        ParseJson(line, fmt::format("{}: {}: line {}", source, path, ++number)));
    ObjectReader reader(document);
    take(reader);
    RS_RETURN_IF_ERROR(reader.Finish());
  }
  return {};
}

Result<std::vector<store::Series>> SeriesOf(std::string_view text, const std::string& source) {
  const std::string wrapped = fmt::format("{{\"series\": {}}}", text);
  RS_ASSIGN_OR_RETURN(const Document document, ParseJson(wrapped, source));
  ObjectReader reader(document);
  auto all = reader.ReadEach("series", [](ObjectReader& one) {
    store::Series series;
    one.Required("metric", series.metric);
    one.Required("device", series.device);
    one.Required("source", series.source);
    one.Required("sha256", series.digest);
    one.Required("known_us", series.known.unix_us);
    one.Required("begin_us", series.begin.unix_us);
    one.Required("offsets_us", series.offsets_us);
    one.Required("values", series.values);
    if (series.offsets_us.size() != series.values.size()) {
      one.Fail("values", "are not as many as offsets_us");
    } else if (!std::is_sorted(series.offsets_us.begin(), series.offsets_us.end())) {
      one.Fail("offsets_us", "must rise");
    }
    return series;
  });
  RS_RETURN_IF_ERROR(reader.Finish());
  return all;
}

Result<> AddRunTo(store::Store& store, const store::Bundle& bundle, const std::string& id,
                  const std::string& source) {
  const std::string path = RunFolder(id) + "/run.json";
  const std::string_view text = bundle.Find(path);
  const std::string where = source + ": " + path;
  RS_ASSIGN_OR_RETURN(const Document document, ParseJson(text, where));
  RS_ASSIGN_OR_RETURN(const spec::RunResult run, spec::RunFromDocument(document));
  const auto wrong = [&where](std::string_view what) {
    return Error{ErrorCode::kProtocol,
                 fmt::format("{}: {}: make the bundle anew with this Roofscape", where, what)};
  };
  if (run.id != id) return wrong("is of another run");
  RS_RETURN_IF_ERROR(store.BeginRun(run));
  for (const spec::PointResult& point : run.points) {
    RS_ASSIGN_OR_RETURN(const store::PointId point_id, store.BeginPoint(id, point));
    if (const std::string_view log = bundle.Find(LogPath(id, point.index)); !log.empty()) {
      const auto decoded = spec::DecodeRequestLog(log);
      if (!decoded) return decoded.error().In(source + ": " + LogPath(id, point.index));
      RS_RETURN_IF_ERROR(store.AppendLog(point_id, *decoded));
    }
    if (point.complete || point.whole.requests > 0) {
      RS_RETURN_IF_ERROR(store.FinishPoint(point_id, point));
    }
  }
  if (run.ended) RS_RETURN_IF_ERROR(store.FinishRun(id, run.status, *run.ended, {}));
  const std::string series_path = RunFolder(id) + "/series.json";
  if (const std::string_view series = bundle.Find(series_path); !series.empty()) {
    RS_ASSIGN_OR_RETURN(const auto all, SeriesOf(series, source + ": " + series_path));
    RS_ASSIGN_OR_RETURN(const std::int64_t added, store.AddSeries(id, all));
    if (added != static_cast<std::int64_t>(all.size())) return wrong("has a series twice");
  }
  RS_ASSIGN_OR_RETURN(const spec::RunResult again, store.LoadRun(id));
  if (RunText(again) != text) return wrong("does not come out as it went in");
  return {};
}

Result<store::SweepRecord> SweepOf(const store::Bundle& bundle, const std::string& source) {
  store::SweepRecord sweep;
  const std::string_view json = bundle.Find("plan.json");
  sweep.plan_text = std::string(json.empty() ? bundle.Find("plan.toml") : json);
  RS_RETURN_IF_ERROR(
      EachLine(bundle, "campaign/layouts.jsonl", source, [&sweep](ObjectReader& reader) {
        store::SweepLayout& one = sweep.layouts.emplace_back();
        reader.Required("layout", one.id);
        reader.Required("json", one.json);
      }));
  RS_RETURN_IF_ERROR(
      EachLine(bundle, "campaign/points.jsonl", source, [&sweep](ObjectReader& reader) {
        store::SweepPoint& one = sweep.points.emplace_back();
        reader.Required("point", one.key);
        reader.Required("layout", one.layout);
        reader.Required("json", one.json);
      }));
  RS_RETURN_IF_ERROR(
      EachLine(bundle, "campaign/events.jsonl", source, [&sweep](ObjectReader& reader) {
        store::SweepEvent& one = sweep.events.emplace_back();
        reader.Required("index", one.index);
        reader.Required("at_us", one.at.unix_us);
        reader.Required("kind", one.kind);
        reader.Required("subject", one.subject);
        reader.Required("json", one.json);
        if (one.index != static_cast<std::int64_t>(sweep.events.size())) {
          reader.Fail("index", "is out of order");
        }
      }));
  // What cannot be a campaign's history must not become one.
  const auto state = CampaignState::Of(sweep);
  if (!state) return state.error().In(source);
  return sweep;
}

}  // namespace

Result<Evidences> CollectEvidence(store::Store& store, store::SweepLog* log,
                                  const EvidenceRequest& request) {
  return Collector(store, log, request).Run();
}

Result<BundleContent> UnpackBundle(const store::Bundle& bundle, const std::string& source,
                                   const std::string& path) {
  RS_ASSIGN_OR_RETURN(const Document document,
                      ParseJson(bundle.manifest, source + ": manifest.json"));
  ObjectReader reader(document);
  BundleContent content;
  reader.Required("runs", content.runs);
  reader.ReadInside("campaign", [&content](ObjectReader& inside) {
    store::Campaign& campaign = content.campaign.emplace();
    inside.Required("name", campaign.name);
    inside.Optional("purpose", campaign.purpose);
    inside.Required("started_us", campaign.started.unix_us);
    inside.Optional("labels", campaign.labels);
  });
  for (const char* known : {"bundle", "roofscape", "schema", "files"}) reader.Raw(known);
  RS_RETURN_IF_ERROR(reader.Finish());
  const std::set<std::string> once(content.runs.begin(), content.runs.end());
  if (once.size() != content.runs.size()) {
    return Error{ErrorCode::kProtocol,
                 fmt::format("bundle '{}': names a run twice: make it anew", source)};
  }
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(path, store::OpenMode::kReadWrite));
  for (const std::string& id : content.runs) {
    RS_RETURN_IF_ERROR(AddRunTo(*store, bundle, id, source));
  }
  if (content.campaign && !bundle.Find("campaign/points.jsonl").empty()) {
    RS_ASSIGN_OR_RETURN(content.sweep, SweepOf(bundle, source));
  }
  return content;
}

Result<bool> JoinBundleCampaign(const std::string& path, const BundleContent& content) {
  if (!content.campaign) return true;
  const store::Campaign& campaign = *content.campaign;
  bool fits = true;
  if (content.sweep) {
    const store::SweepRecord& theirs = *content.sweep;
    RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::SweepLog> log,
                        store::OpenSweepLog(path, store::OpenMode::kReadWrite));
    auto ours = log->Load(campaign.name);
    if (!ours && ours.error().code != ErrorCode::kNotFound) return ours.error();
    const std::vector<store::SweepEvent> known =
        ours ? ours->events : std::vector<store::SweepEvent>();
    const std::size_t shared = std::min(known.size(), theirs.events.size());
    fits = std::equal(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(shared),
                      theirs.events.begin());
    if (fits && shared == known.size()) {
      RS_RETURN_IF_ERROR(log->AddPlan(campaign, theirs.plan_text, theirs.layouts, theirs.points));
      const std::int64_t after = known.empty() ? 0 : known.back().index;
      RS_ASSIGN_OR_RETURN(
          fits, log->Append(campaign.name, after, std::span(theirs.events).subspan(shared)));
    }
  }
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(path, store::OpenMode::kReadWrite));
  RS_ASSIGN_OR_RETURN(const std::vector<store::Campaign> all, store->Campaigns());
  const bool there = std::any_of(all.begin(), all.end(), [&](const store::Campaign& one) {
    return one.name == campaign.name;
  });
  if (!there) RS_RETURN_IF_ERROR(store->MakeCampaign(campaign));
  RS_RETURN_IF_ERROR(store->JoinCampaign(campaign.name, content.runs));
  return fits;
}

Result<std::vector<std::string>> DifferingRuns(store::Store& store, const store::Bundle& bundle,
                                               const std::vector<std::string>& runs) {
  std::vector<std::string> differing;
  for (const std::string& id : runs) {
    const auto run = store.LoadRun(id);
    if (!run && run.error().code == ErrorCode::kNotFound) continue;
    if (!run) return run.error();
    if (run->id == id && RunText(*run) != bundle.Find(RunFolder(id) + "/run.json")) {
      differing.push_back(id);
    }
  }
  return differing;
}

}  // namespace roofscape::fleet
