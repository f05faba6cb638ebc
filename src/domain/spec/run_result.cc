#include "domain/spec/run_result.h"

#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "domain/spec/interval_fields.h"
#include "domain/spec/metric_fields.h"

namespace roofscape::spec {
namespace {

constexpr std::array<std::pair<Fitness, std::string_view>, 3> kFitness = {{
    {Fitness::kValid, "VALID"},
    {Fitness::kDegraded, "DEGRADED"},
    {Fitness::kInvalid, "INVALID"},
}};

Json Nullable(const auto& optional) { return optional ? Json(*optional) : Json(nullptr); }

/// Adds the flat metrics of one window to a JSON object.
void AddMetrics(const PointMetrics& metrics, Json& out) {
  for (const CountField& field : kCountFields) out[std::string(field.name)] = metrics.*field.member;
  for (const ScalarField& field : kScalarFields) {
    const std::optional<double> value = metrics.*field.member;
    out[std::string(field.name)] = value && std::isinf(*value) ? Json(nullptr) : Nullable(value);
  }
  for (const SummaryField& field : kSummaryFields) {
    const Summary& summary = metrics.*field.member;
    out[fmt::format("{}_count", field.stem)] = summary.count;
    for (const StatField& stat : kStatFields) {
      out[fmt::format("{}_{}_{}", field.stem, stat.name, field.suffix)] =
          Nullable(summary.*stat.member);
    }
  }
  out["infinite"] = InfiniteNames(metrics);
  out["intervals"] = IntervalsJson(metrics.intervals);
}

Json WindowJson(const PointMetrics& metrics) {
  Json json = {{"begin_ns", metrics.window.begin_ns}, {"end_ns", metrics.window.end_ns}};
  AddMetrics(metrics, json);
  return json;
}

PointMetrics ReadMetrics(ObjectReader& reader) {
  PointMetrics metrics;
  reader.Required("begin_ns", metrics.window.begin_ns);
  reader.Required("end_ns", metrics.window.end_ns);
  for (const CountField& field : kCountFields) reader.Required(field.name, metrics.*field.member);
  for (const ScalarField& field : kScalarFields) {
    reader.Optional(field.name, metrics.*field.member);
  }
  for (const SummaryField& field : kSummaryFields) {
    Summary& summary = metrics.*field.member;
    reader.Optional(fmt::format("{}_count", field.stem), summary.count);
    for (const StatField& stat : kStatFields) {
      reader.Optional(fmt::format("{}_{}_{}", field.stem, stat.name, field.suffix),
                      summary.*stat.member);
    }
  }
  ReadInfinite(reader, "infinite", metrics);
  metrics.intervals = ReadIntervals(reader, "intervals");
  return metrics;
}

InstrumentAudit ReadAudit(ObjectReader& reader) {
  InstrumentAudit audit;
  reader.Optional("loop_busy_fraction", audit.loop_busy_fraction);
  reader.Optional("coalesced_fraction", audit.coalesced_fraction);
  reader.Optional("loop_lag_p50_s", audit.loop_lag_p50_s);
  reader.Optional("loop_lag_p99_s", audit.loop_lag_p99_s);
  reader.Optional("loop_lag_max_s", audit.loop_lag_max_s);
  reader.Optional("cpu_steal_fraction", audit.cpu_steal_fraction);
  reader.Optional("stamps", audit.stamps);
  reader.Optional("kernel_stamp_fraction", audit.kernel_stamp_fraction);
  reader.Optional("wire_stamp_fraction", audit.wire_stamp_fraction);
  reader.Optional("tx_stamp_fraction", audit.tx_stamp_fraction);
  reader.Optional("rx_lag_p50_s", audit.rx_lag_p50_s);
  reader.Optional("rx_lag_p99_s", audit.rx_lag_p99_s);
  reader.Optional("rx_lag_max_s", audit.rx_lag_max_s);
  reader.Optional("uncertainty_p50_s", audit.uncertainty_p50_s);
  reader.Optional("uncertainty_p99_s", audit.uncertainty_p99_s);
  reader.Optional("threads", audit.threads);
  reader.Optional("monotonic_epoch_ns", audit.monotonic_epoch_ns);
  reader.Optional("scheduled_requests", audit.scheduled_requests);
  reader.Optional("sent_requests", audit.sent_requests);
  reader.Optional("fd_limit", audit.fd_limit);
  reader.Optional("fd_used", audit.fd_used);
  reader.Optional("retransmits", audit.retransmits);
  reader.Optional("resent_requests", audit.resent_requests);
  reader.Optional("governor", audit.governor);
  return audit;
}

Fitness ReadFitness(ObjectReader& reader, std::string_view name) {
  std::string text;
  reader.Required(name, text);
  for (const auto& [fitness, known] : kFitness) {
    if (known == text) return fitness;
  }
  reader.Fail(name, "must be VALID, DEGRADED or INVALID");
  return Fitness::kInvalid;
}

Verdict ReadVerdict(ObjectReader& reader) {
  Verdict verdict;
  verdict.instrument = ReadFitness(reader, "instrument");
  reader.Optional("instrument_reasons", verdict.instrument_reasons);
  reader.Optional("server_reasons", verdict.server_reasons);
  return verdict;
}

/// Reads an object of integers, e.g. failures by kind.
std::map<std::string, std::int64_t> ReadCounts(ObjectReader& reader, std::string_view name) {
  std::map<std::string, std::int64_t> counts;
  const Json* raw = reader.Raw(name);
  if (raw == nullptr) return counts;
  if (!raw->is_object()) {
    reader.Fail(name, "must be an object of counts");
    return counts;
  }
  for (const auto& [kind, count] : raw->items()) {
    if (!count.is_number_integer()) {
      reader.Fail(name, "must be an object of counts");
      return counts;
    }
    counts[kind] = count.get<std::int64_t>();
  }
  return counts;
}

/// What ToJson(PointResult) repeats at the top for people and scripts; it is not read back.
void SkipRepeatedFields(ObjectReader& reader) {
  for (const std::string_view name : {"verdict", "reasons", "window"}) reader.Raw(name);
  const Json flat = [] {
    Json json;
    AddMetrics(PointMetrics(), json);
    return json;
  }();
  for (const auto& [name, value] : flat.items()) reader.Raw(name);
}

PointResult ReadPoint(ObjectReader& reader) {
  PointResult point;
  reader.Required("index", point.index);
  reader.Required("concurrency", point.concurrency);
  reader.Optional("rate_rps", point.rate_rps);
  reader.Optional("repeat", point.repeat);
  reader.Required("protocol", point.protocol);
  reader.Required("started_unix_us", point.started.unix_us);
  reader.Required("complete", point.complete);
  SkipRepeatedFields(reader);
  if (auto windows = reader.Child("windows")) {
    if (auto steady = windows->Child("steady")) {
      point.steady = ReadMetrics(*steady);
      windows->Merge(*steady);
    }
    if (auto whole = windows->Child("whole")) {
      point.whole = ReadMetrics(*whole);
      windows->Merge(*whole);
    }
    reader.Merge(*windows);
  }
  point.failures_by_kind = ReadCounts(reader, "failures_by_kind");
  if (auto audit = reader.Child("instrument")) {
    point.audit = ReadAudit(*audit);
    reader.Merge(*audit);
  }
  if (auto verdict = reader.Child("verdict_detail")) {
    point.verdict = ReadVerdict(*verdict);
    reader.Merge(*verdict);
  }
  return point;
}

}  // namespace

std::string_view Name(Fitness fitness) {
  for (const auto& [value, name] : kFitness) {
    if (value == fitness) return name;
  }
  RS_CHECK(false && "unknown Fitness");
  return "";
}

std::string LoadName(const PointResult& point) {
  if (point.concurrency > 0) return fmt::format("concurrency {}", point.concurrency);
  if (point.rate_rps) return fmt::format("{:g} requests/s", *point.rate_rps);
  return "burst";
}

std::string LoadMark(const PointResult& point) {
  if (point.concurrency > 0) return fmt::format("{}", point.concurrency);
  if (point.rate_rps) return fmt::format("{:g}/s", *point.rate_rps);
  return "burst";
}

std::string LoadsName(const Load& load) {
  if (load.arrivals == Arrivals::kClosed) {
    return fmt::format("concurrency {}", fmt::join(load.concurrency, ", "));
  }
  if (load.arrivals == Arrivals::kBurst) return "burst";
  std::string rates;
  for (const double rate : load.rates_rps) {
    rates += fmt::format("{}{:g}", rates.empty() ? "" : ", ", rate);
  }
  return fmt::format("{} arrivals at {} requests/s", Name(load.arrivals), rates);
}

std::string_view Name(RunStatus status) {
  return status == RunStatus::kComplete ? "complete" : "incomplete";
}

Json ToJson(const InstrumentAudit& audit) {
  return {{"loop_busy_fraction", Nullable(audit.loop_busy_fraction)},
          {"coalesced_fraction", Nullable(audit.coalesced_fraction)},
          {"loop_lag_p50_s", Nullable(audit.loop_lag_p50_s)},
          {"loop_lag_p99_s", Nullable(audit.loop_lag_p99_s)},
          {"loop_lag_max_s", Nullable(audit.loop_lag_max_s)},
          {"cpu_steal_fraction", Nullable(audit.cpu_steal_fraction)},
          {"stamps", audit.stamps},
          {"kernel_stamp_fraction", Nullable(audit.kernel_stamp_fraction)},
          {"wire_stamp_fraction", Nullable(audit.wire_stamp_fraction)},
          {"tx_stamp_fraction", Nullable(audit.tx_stamp_fraction)},
          {"rx_lag_p50_s", Nullable(audit.rx_lag_p50_s)},
          {"rx_lag_p99_s", Nullable(audit.rx_lag_p99_s)},
          {"rx_lag_max_s", Nullable(audit.rx_lag_max_s)},
          {"uncertainty_p50_s", Nullable(audit.uncertainty_p50_s)},
          {"uncertainty_p99_s", Nullable(audit.uncertainty_p99_s)},
          {"threads", Nullable(audit.threads)},
          {"monotonic_epoch_ns", Nullable(audit.monotonic_epoch_ns)},
          {"scheduled_requests", Nullable(audit.scheduled_requests)},
          {"sent_requests", Nullable(audit.sent_requests)},
          {"fd_limit", Nullable(audit.fd_limit)},
          {"fd_used", Nullable(audit.fd_used)},
          {"retransmits", Nullable(audit.retransmits)},
          {"resent_requests", Nullable(audit.resent_requests)},
          {"governor", audit.governor}};
}

Json ToJson(const Verdict& verdict) {
  return {{"instrument", Name(verdict.instrument)},
          {"instrument_reasons", verdict.instrument_reasons},
          {"server_reasons", verdict.server_reasons}};
}

Json ToJson(const PointResult& point) {
  std::vector<std::string> reasons = point.verdict.instrument_reasons;
  reasons.insert(reasons.end(), point.verdict.server_reasons.begin(),
                 point.verdict.server_reasons.end());
  const bool steady = point.Primary() != nullptr && point.Primary() != &point.whole;
  Json json = {{"index", point.index},
               {"concurrency", point.concurrency},
               {"rate_rps", Nullable(point.rate_rps)},
               {"repeat", point.repeat},
               {"protocol", point.protocol},
               {"window", steady ? "steady" : "whole"},
               {"started_unix_us", point.started.unix_us},
               {"complete", point.complete},
               {"verdict", Name(point.verdict.instrument)},
               {"reasons", reasons}};
  AddMetrics(steady ? *point.steady : point.whole, json);
  json["failures_by_kind"] = Json(point.failures_by_kind);
  json["instrument"] = ToJson(point.audit);
  json["verdict_detail"] = ToJson(point.verdict);
  json["windows"] = {{"steady", point.steady ? WindowJson(*point.steady) : Json(nullptr)},
                     {"whole", WindowJson(point.whole)}};
  return json;
}

Json ToJson(const RunResult& run) {
  Json points = Json::array();
  for (const PointResult& point : run.points) points.push_back(ToJson(point));
  return {{"schema", fmt::format("roofscape.run.v{}", run.schema_version)},
          {"run", run.id},
          {"started_unix_us", run.started.unix_us},
          {"ended_unix_us", run.ended ? Json(run.ended->unix_us) : Json(nullptr)},
          {"status", Name(run.status)},
          {"way", run.way},
          {"version", run.version},
          {"plan", ToJson(run.plan)},
          {"host", Json(run.host)},
          {"engine", Json(run.engine)},
          {"notes", run.notes},
          {"points", std::move(points)},
          {"repeats", RepeatsJson(run.repeats)}};
}

Result<RunResult> RunFromDocument(const Document& document) {
  RunResult run;
  ObjectReader reader(document);
  const std::string schema = fmt::format("roofscape.run.v{}", kResultSchemaVersion);
  std::string given;
  reader.Required("schema", given);
  if (given != schema) {
    reader.Fail("schema", fmt::format("is '{}', this Roofscape reads '{}'", given, schema));
  }
  reader.Required("run", run.id);
  reader.Required("started_unix_us", run.started.unix_us);
  if (reader.Has("ended_unix_us")) run.ended.emplace();
  if (run.ended) reader.Optional("ended_unix_us", run.ended->unix_us);
  reader.Raw("ended_unix_us");
  std::string status;
  reader.Required("status", status);
  run.status = status == Name(RunStatus::kComplete) ? RunStatus::kComplete : RunStatus::kIncomplete;
  reader.Required("way", run.way);
  reader.Required("version", run.version);
  const Json* plan = reader.Raw("plan");
  reader.Optional("host", run.host);
  reader.Optional("engine", run.engine);
  reader.Optional("notes", run.notes);
  run.points = reader.ReadEach("points", ReadPoint);
  run.repeats = ReadRepeats(reader, "repeats");
  RS_RETURN_IF_ERROR(reader.Finish());
  if (plan == nullptr) return document.ErrorAt("/plan", "is missing");
  RS_ASSIGN_OR_RETURN(run.plan, PlanFromDocument(Document(*plan, document.source() + ": plan")));
  return run;
}

}  // namespace roofscape::spec
