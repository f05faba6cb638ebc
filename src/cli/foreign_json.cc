#include "cli/foreign_json.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

namespace roofscape::cli {
namespace {

using metrics::ForeignFigure;
using metrics::ForeignFigures;
using metrics::ForeignRequest;

Json Number(std::optional<double> value) { return value ? Json(*value) : Json(nullptr); }

// "20261123-190222", in UTC.
std::string Date(WallTime time) {
  std::string text = time.ToIso().substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  std::replace(text.begin(), text.end(), 'T', '-');
  return text;
}

Json Count(const ForeignFigures& figures, std::string_view key) {
  const ForeignFigure* figure = figures.Find(key);
  if (figure == nullptr || !figure->value) return nullptr;
  return static_cast<std::int64_t>(*figure->value);
}

Json Value(const ForeignFigures& figures, std::string_view key) {
  const ForeignFigure* figure = figures.Find(key);
  return figure == nullptr ? Json(nullptr) : Number(figure->value);
}

std::string Backend(const spec::RunResult& run) {
  switch (run.plan.target.api) {
    case spec::Api::kChat: return "openai-chat";
    case spec::Api::kCompletions: return "openai";
    case spec::Api::kResponses: return "openai-responses";
    default: return std::string(spec::Name(run.plan.target.api));  // A client that they lack.
  }
}

// Rate and burstiness of the arrivals; a closed loop is "inf" to these clients.
void AddTraffic(const spec::RunResult& run, const spec::PointResult& point, Json& json) {
  json["request_rate"] = point.rate_rps ? Json(*point.rate_rps) : Json("inf");
  // Equal gaps are an infinite burstiness, which JSON cannot say.
  const bool constant = run.plan.load.arrivals == spec::Arrivals::kConstant;
  json["burstiness"] = constant ? Json(nullptr) : Json(1.0);
  json["max_concurrency"] = point.concurrency > 0 ? Json(point.concurrency) : Json(nullptr);
}

template <class Get>
Json List(const ForeignFigures& figures, Get&& get) {
  Json list = Json::array();
  for (const ForeignRequest& request : figures.requests) list.push_back(get(request));
  return list;
}

void AddLengths(const ForeignFigures& figures, Json& json) {
  json["input_lens"] =
      List(figures, [](const ForeignRequest& request) { return request.input_tokens; });
  json["output_lens"] = List(figures, [](const ForeignRequest& request) {
    return request.success ? request.output_tokens : std::int64_t{0};
  });
}

void AddTimes(const ForeignFigures& figures, Json& json) {
  json["ttfts"] = List(figures, [](const ForeignRequest& request) { return request.ttft_s; });
  json["itls"] = List(figures, [](const ForeignRequest& request) { return request.itl_s; });
}

void AddTexts(const ForeignFigures& figures, Json& json) {
  json["generated_texts"] =
      List(figures, [](const ForeignRequest& request) { return std::string(request.text); });
  json["errors"] = List(figures, [](const ForeignRequest& request) { return request.error; });
}

// Mean, median, deviation and percentiles of the four latencies, those without a sample as 0.
void AddLatencies(const ForeignFigures& figures, Json& json) {
  for (const ForeignFigure& figure : figures.figures) {
    if (figure.unit != "ms" || figure.key.find("_client_queue_") != std::string::npos) continue;
    json[figure.key] = figure.value.value_or(0.0);
  }
}

// Calendar time of the first send, in seconds.
double StartedAt(const spec::PointResult& point, const ForeignFigures& figures) {
  std::optional<double> first_s;
  for (const ForeignRequest& request : figures.requests) {
    first_s = std::min(first_s.value_or(request.start_s), request.start_s);
  }
  return static_cast<double>(point.started.unix_us) * 1e-6 + first_s.value_or(0.0);
}

}  // namespace

Json ForeignJson(const spec::RunResult& run, const spec::PointResult& point,
                 const ForeignFigures& figures) {
  Json values = Json::object();
  Json missing = Json::object();
  Json premises = Json::object();
  for (const ForeignFigure& figure : figures.figures) {
    values[figure.key] = Number(figure.value);
    if (figure.note.empty()) continue;
    (figure.value ? premises : missing)[figure.key] = figure.note;
  }
  return {{"tool", metrics::Name(figures.tool)},
          {"run", run.id},
          {"point", point.index},
          {"figures", std::move(values)},
          {"missing", std::move(missing)},
          {"premises", std::move(premises)},
          {"notes", figures.notes}};
}

Json VllmJson(const spec::RunResult& run, const spec::PointResult& point,
              const ForeignFigures& figures, bool detailed) {
  Json json = {{"date", Date(point.started)},
               {"endpoint_type", Backend(run)},
               {"backend", Backend(run)},
               {"label", nullptr},
               {"model_id", run.plan.target.model},
               {"tokenizer_id", nullptr},
               {"num_prompts", figures.requests.size()}};
  AddTraffic(run, point, json);
  json["duration"] = Value(figures, "duration");
  json["completed"] = Count(figures, "completed");
  json["failed"] = Count(figures, "failed");
  json["total_input_tokens"] = Count(figures, "total_input_tokens");
  json["total_output_tokens"] = Count(figures, "total_output_tokens");
  json["request_throughput"] = Value(figures, "request_throughput");
  json["request_goodput"] = nullptr;
  json["output_throughput"] = Value(figures, "output_throughput");
  json["total_token_throughput"] = Value(figures, "total_token_throughput");
  if (detailed) {
    AddLengths(figures, json);
    AddTimes(figures, json);
    json["latencies"] =
        List(figures, [](const ForeignRequest& request) { return request.latency_s; });
    json["start_times"] =
        List(figures, [](const ForeignRequest& request) { return request.start_s; });
    AddTexts(figures, json);
  }
  json["max_output_tokens_per_s"] = Value(figures, "max_output_tokens_per_s");
  json["max_concurrent_requests"] = Count(figures, "max_concurrent_requests");
  json["rtfx"] = 0.0;
  AddLatencies(figures, json);
  return json;
}

Json InferencexJson(const spec::RunResult& run, const spec::PointResult& point,
                    const ForeignFigures& figures, bool detailed) {
  const double started_s = StartedAt(point, figures);
  Json json = {{"date", Date(point.started)},
               {"backend", Backend(run)},
               {"model_id", run.plan.target.model},
               {"tokenizer_id", nullptr},
               {"best_of", 1},
               {"num_prompts", figures.requests.size()}};
  AddTraffic(run, point, json);
  json["duration"] = Value(figures, "duration");
  json["benchmark_start_time_unix"] = started_s;
  json["benchmark_end_time_unix"] = started_s + figures.row.duration_s.value_or(0.0);
  json["completed"] = Count(figures, "completed");
  json["total_input_tokens"] = Count(figures, "total_input_tokens");
  json["total_output_tokens"] = Count(figures, "total_output_tokens");
  json["request_throughput"] = Value(figures, "request_throughput");
  json["request_goodput:"] = nullptr;  // The colon is that client's.
  json["output_throughput"] = Value(figures, "output_throughput");
  json["total_token_throughput"] = Value(figures, "total_token_throughput");
  if (detailed) {
    AddLengths(figures, json);
    AddTimes(figures, json);
    AddTexts(figures, json);
  }
  AddLatencies(figures, json);
  return json;
}

}  // namespace roofscape::cli
