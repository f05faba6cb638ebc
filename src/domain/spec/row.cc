#include "domain/spec/row.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace roofscape::spec {
namespace {

Row RowOf(const RunResult& run, const PointResult& point) {
  Row row;
  row.origin.format = "roofscape";
  row.origin.source = run.id;
  row.origin.key = fmt::format("{}/{}", run.id, point.index);
  row.origin.place = point.index;
  row.measured = point.started;
  row.way = run.way;
  row.protocol = point.protocol;
  const PointMetrics* const primary = point.Primary();
  row.window = primary == &point.whole || primary == nullptr ? "whole" : "steady";
  row.deployment = run.plan.deployment;
  const auto told = [&](const char* fact, std::string& field) {
    const auto found = run.engine.find(fact);
    if (field.empty() && found != run.engine.end()) field = found->second;
  };
  if (row.deployment.model.empty()) row.deployment.model = run.plan.target.model;
  told("model", row.deployment.model);
  told("name", row.deployment.engine);
  told("version", row.deployment.engine_version);
  row.workload = run.plan.workload;
  row.concurrency = point.concurrency;
  row.rate_rps = point.rate_rps;
  row.values = ValuesOf(primary == nullptr ? point.whole : *primary);
  row.instrument = point.verdict.instrument;
  row.complete = point.complete;
  return row;
}

}  // namespace

std::vector<Row> RowsOf(const RunResult& run) {
  std::vector<Row> rows;
  rows.reserve(run.points.size());
  for (const PointResult& point : run.points) rows.push_back(RowOf(run, point));
  return rows;
}

Json ToJson(const Origin& origin) {
  return {{"format", origin.format}, {"source", origin.source}, {"url", origin.url},
          {"key", origin.key},       {"place", origin.place},   {"offset", origin.offset},
          {"bytes", origin.bytes}};
}

Json ToJson(const std::vector<Correction>& corrections) {
  Json list = Json::array();
  for (const Correction& c : corrections) {
    list.push_back({{"code", c.code}, {"field", c.field}, {"was", c.was}, {"now", c.now}});
  }
  return list;
}

std::string DayOrTime(WallTime measured, bool day_only) {
  if (measured.unix_us == 0) return "";
  const std::string iso = measured.ToIso();
  return day_only ? iso.substr(0, iso.find('T')) : iso;
}

Json MeasuredJson(WallTime measured, bool day_only) {
  return measured.unix_us == 0 ? Json(nullptr) : Json(DayOrTime(measured, day_only));
}

Json ToJson(const Row& row) {
  Json values = Json::object();
  for (const auto& [place, value] : row.values.entries()) values[AllMetrics()[place].name] = value;
  return {{"origin", ToJson(row.origin)},
          {"measured", MeasuredJson(row.measured, row.day_only)},
          {"way", row.way},
          {"protocol", row.protocol},
          {"window", row.window},
          {"deployment", ToJson(row.deployment)},
          {"workload", ToJson(row.workload)},
          {"concurrency", row.concurrency},
          {"rate_rps", row.rate_rps ? Json(*row.rate_rps) : Json(nullptr)},
          {"instrument", Name(row.instrument)},
          {"complete", row.complete},
          {"values", std::move(values)},
          {"corrections", ToJson(row.corrections)},
          {"facts", Json(row.facts)}};
}

}  // namespace roofscape::spec
