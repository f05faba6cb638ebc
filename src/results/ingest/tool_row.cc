#include "results/ingest/tool_row.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "domain/spec/metric_registry.h"
#include "results/ingest/corrections.h"
#include "results/ingest/dates.h"
#include "results/ingest/names.h"

namespace roofscape::ingest {
namespace {

/// No time, rate or count of a load generator lies above it.
constexpr double kLargest = 1e15;
constexpr std::size_t kQuoted = 60;
constexpr double kMostTokens = 1e9;  // Of one request.

const Json* Item(const Json& json, std::string_view name) {
  if (json.is_object()) {
    const auto found = json.find(std::string(name));
    return found == json.end() ? nullptr : &*found;
  }
  if (!json.is_array() || json.empty()) return nullptr;
  if (name == "-1") return &json.back();
  std::size_t index = 0;
  const char* end = name.data() + name.size();
  const auto [at, error] = std::from_chars(name.data(), end, index);
  return error == std::errc() && at == end && index < json.size() ? &json[index] : nullptr;
}

}  // namespace

ToolRow::ToolRow(const Json& json, const RowText& text, const Source& source,
                 std::string_view format)
    : json_(json), text_(text), source_(source) {
  row_.origin.format = format;
  row_.origin.source = source.name;
  row_.origin.place = text.place;
  row_.origin.offset = text.offset;
  row_.origin.bytes = static_cast<std::int64_t>(text.text.size());
  row_.protocol = format;
  if (source.deployment) row_.deployment = *source.deployment;
  if (source.measured) row_.measured = *source.measured;
  row_.workload.input.tokens = row_.workload.output.tokens = 0;
}

const Json* ToolRow::At(std::string_view path) const {
  const Json* at = &json_;
  while (at != nullptr && !path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    at = Item(*at, path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return at == nullptr || at->is_null() ? nullptr : at;
}

std::string ToolRow::Text(std::string_view path) const {
  const Json* at = At(path);
  return at != nullptr && at->is_string() ? at->get<std::string>() : std::string();
}

std::optional<double> ToolRow::Number(std::string_view path) {
  const Json* at = At(path);
  if (at == nullptr) return std::nullopt;
  if (at->is_string() && (*at == "inf" || *at == "-inf")) return std::nullopt;
  if (!at->is_number()) {
    const std::string code = at->is_string() ? "not_a_number" : "wrong_type";
    Fail(code, fmt::format("{}: expected a number, got a {}", path, at->type_name()));
    return std::nullopt;
  }
  const auto number = at->get<double>();
  if (number < 0.0) {
    Fail("negative_number", fmt::format("{}: {} is below 0", path, number));
  } else if (!(number <= kLargest)) {
    Fail("absurd_number", fmt::format("{}: {} is not a possible figure", path, number));
  } else {
    return number;
  }
  return std::nullopt;
}

std::optional<std::int64_t> ToolRow::Count(std::string_view path) {
  const auto number = Number(path);
  if (!number) return std::nullopt;
  return static_cast<std::int64_t>(std::llround(*number));
}

void ToolRow::Set(std::string_view metric, std::string_view path, double scale) {
  if (const auto number = Number(path)) row_.values.Set(metric, *number * scale);
}

void ToolRow::Spread(std::string_view ours, std::string_view pattern, StatNames stats,
                     double scale) {
  for (const auto& [theirs, our_stat] : stats) {
    Set(fmt::format(fmt::runtime(ours), our_stat), fmt::format(fmt::runtime(pattern), theirs),
        scale);
  }
}

void ToolRow::Load(std::optional<std::int64_t> concurrency, std::optional<double> rate_rps) {
  if (concurrency) row_.concurrency = *concurrency;
  if (rate_rps && *rate_rps > 0.0) row_.rate_rps = rate_rps;
}

void ToolRow::MeanLengths(std::optional<double> input, std::optional<double> output) {
  const auto set = [](spec::Length& length, std::optional<double> mean) {
    if (length.tokens == 0 && mean && *mean > 0 && *mean < kMostTokens) {
      length.tokens = std::llround(*mean);
    }
  };
  set(row_.workload.input, input);
  set(row_.workload.output, output);
}

void ToolRow::Fact(const char* name, std::string_view path) {
  const Json* at = At(path);
  if (at == nullptr || at->is_structured()) return;
  row_.facts[name] = at->is_string() ? at->get<std::string>()
                                     : at->dump(-1, ' ', false, Json::error_handler_t::replace);
}

void ToolRow::Model(std::string_view name) {
  if (name.empty() || !row_.deployment.model.empty()) return;
  Names names(source_.catalog);
  const auto& known = names.Model(name);
  row_.deployment.model = known.value_or(std::string(name));
  if (row_.deployment.model != name) row_.facts["model"] = name;
}

void ToolRow::Measured(std::string_view text) {
  if (text.empty()) return;
  if (const auto when = ReadTime(text)) {
    row_.measured = when->time;
    row_.day_only = when->day_only;
  } else {
    Fail("bad_date", fmt::format("'{}' is not a time in UTC", Printable(text, kQuoted)));
  }
}

void ToolRow::Fail(std::string code, std::string reason) {
  if (problem_.code.empty()) problem_ = {std::move(code), std::move(reason)};
}

void ToolRow::PerChip() {
  spec::MetricValues& values = row_.values;
  for (const std::string_view rate : {"input_tps", "output_tps", "total_tps"}) {
    if (values.Get(rate) != 0.0) continue;
    values.Remove(rate);
    row_.corrections.push_back({"zero_missing", std::string(rate), "0", ""});
  }
  const auto input = values.Get("input_tps");
  const auto output = values.Get("output_tps");
  const auto total = values.Get("total_tps");
  if (!total && input && output) values.Set("total_tps", *input + *output);
  if (!input && total && output && *total >= *output) values.Set("input_tps", *total - *output);
  const auto chips = spec::ChipCount(row_.deployment);
  if (!chips || *chips <= 0) return;
  for (const std::string_view rate : {"input_tps", "output_tps", "total_tps"}) {
    const auto value = values.Get(rate);
    if (value) values.Set(fmt::format("{}_per_chip", rate), *value / static_cast<double>(*chips));
  }
}

/// A result without an id of its own is named by its text: the same file under another path is the
/// same point, another result under the same path is another one.
void ToolRow::Key() {
  row_.origin.key = fmt::format("{}|{}|{}|{}", row_.origin.format, id_.empty() ? text_.text : id_,
                                row_.concurrency, row_.rate_rps.value_or(0.0));
}

std::variant<spec::Row, Problem> ToolRow::Finish() {
  if (!problem_.code.empty()) return std::move(problem_);
  DropZeroLatencies(row_);
  SetInteractivity(row_);
  PerChip();
  const bool rate = row_.values.Get("output_tps") || row_.values.Get("total_tps") ||
                    row_.values.Get("request_rps");
  if (!rate) return Problem{"no_rate", "no rate of tokens or requests"};
  Key();
  return std::move(row_);
}

Result<> ReadToolRows(std::string_view text, std::string_view format, const Source& source,
                      const Take& take, ReadTool read, std::string_view list) {
  const auto member = list.empty() ? std::nullopt : MemberOf(text, list);
  JsonRows rows(member ? member->text : text, member ? member->offset : 0);
  RS_RETURN_IF_ERROR(CheckBegin(text, source, fmt::format("a result of {} as JSON", format)));
  Batches batches(take);
  while (const auto next = rows.Next()) {
    const Json json = Json::parse(WithoutBareNumbers(next->text), nullptr, false);
    if (!json.is_object()) {
      const bool broken = json.is_discarded();
      RS_RETURN_IF_ERROR(batches.Add(*next, broken ? Problem{"broken_json", "is no JSON"}
                                                   : Problem{"wrong_type", "expected an object"}));
      continue;
    }
    ToolRow row(json, *next, source, format);
    read(row);
    RS_RETURN_IF_ERROR(batches.Add(row.Finish(), *next));
  }
  return Finish(rows, source, batches);
}

std::string WithoutBareNumbers(std::string_view text) {
  constexpr auto kBare = std::to_array<std::pair<std::string_view, std::string_view>>(
      {{"NaN", "null"}, {"-Infinity", "\"-inf\""}, {"Infinity", "\"inf\""}});
  std::string plain;
  plain.reserve(text.size());
  bool inside = false;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (inside && c == '\\' && at + 1 < text.size()) plain += text[at++];
    if (c == '"') inside = !inside;
    const auto bare = std::find_if(kBare.begin(), kBare.end(), [&](const auto& b) {
      return !inside && text.substr(at).starts_with(b.first);
    });
    if (bare == kBare.end()) {
      plain += text[at++];
    } else {
      plain += bare->second;
      at += bare->first.size();
    }
  }
  return plain;
}

}  // namespace roofscape::ingest
