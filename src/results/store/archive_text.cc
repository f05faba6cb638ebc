#include "results/store/archive_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <utility>

#include <fmt/compile.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/check.h"
#include "base/core/document.h"
#include "results/store/archive_columns.h"

namespace roofscape::store {
namespace {

// What is written for every row of an import is put together without a document and, where it
// shows, without format strings.

void AppendDigits(auto integer, std::string& out) {
  const fmt::format_int digits(integer);
  out.append(digits.data(), digits.size());
}

/// Lengths before texts, so that no two setups give one text.
void Append(std::string_view text, std::string& out) {
  AppendDigits(text.size(), out);
  out += ':';
  out += text;
  out += ';';
}

void Append(std::int64_t number, std::string& out) {
  AppendDigits(number, out);
  out += ';';
}

void Append(bool flag, std::string& out) { out += flag ? "true;" : "false;"; }

/// The fewest digits that are read back as the same number.
void AppendNumber(double number, std::string& out) {
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}"), number);
}

void Append(double number, std::string& out) {
  AppendNumber(number, out);
  out += ';';
}

template <class Value>
void Append(const std::optional<Value>& value, std::string& out) {
  if (value) {
    Append(*value, out);
  } else {
    out += "-;";
  }
}

/// As JSON has a text.
void AppendQuoted(std::string_view text, std::string& out) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
  });
  if (!plain) {
    out += DumpText(Json(text));
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

/// The column of each metric; kNoColumn for those that have none.
constexpr std::size_t kNoColumn = kMetricColumns.size();

std::span<const std::size_t> ColumnsOfPlaces() {
  static const std::vector<std::size_t> kColumns = [] {
    std::vector<std::size_t> columns(spec::AllMetrics().size(), kNoColumn);
    for (std::size_t i = 0; i < kMetricColumns.size(); ++i) columns[ColumnPlaces()[i]] = i;
    return columns;
  }();
  return kColumns;
}

}  // namespace

std::span<const std::size_t> ColumnPlaces() {
  static const auto kPlaces = [] {
    std::array<std::size_t, kMetricColumns.size()> places{};
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto place = spec::MetricPlace(kMetricColumns[i]);
      RS_CHECK(place.has_value());
      places[i] = *place;
    }
    return places;
  }();
  return kPlaces;
}

std::string DumpText(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string SetupText(const spec::Row& row) {
  const spec::Deployment& d = row.deployment;
  std::string out;
  out.reserve(256);
  for (const std::string* text : {&d.name, &d.model, &d.precision, &d.engine, &d.engine_version,
                                  &d.chip, &d.speculative, &row.protocol, &row.window, &row.way}) {
    Append(std::string_view(*text), out);
  }
  for (const spec::Role& role : d.roles) {
    Append(std::string_view(role.name), out);
    Append(role.workers, out);
    Append(role.chips_per_worker, out);
    for (const auto* degree :
         {&role.tp, &role.pp, &role.ep, &role.dp, &role.prefill_cp, &role.decode_cp}) {
      Append(*degree, out);
    }
    Append(role.dp_attention, out);
  }
  for (const auto& [name, value] : d.engine_settings) {
    Append(std::string_view(name), out);
    Append(std::string_view(value), out);
  }
  const spec::Workload& w = row.workload;
  Append(std::string_view(w.name), out);
  for (const spec::Length* length : {&w.input, &w.output}) {
    Append(length->tokens, out);
    Append(length->low, out);
  }
  Append(static_cast<std::int64_t>(w.prompt_form), out);
  Append(w.ignore_eos, out);
  Append(w.prompt_cache, out);
  return out;
}

std::string CorrectionsText(const std::vector<spec::Correction>& corrections) {
  std::string list;
  for (const spec::Correction& c : corrections) {
    list += list.empty() ? '[' : ',';
    char before = '[';
    for (const std::string* part : {&c.code, &c.field, &c.was, &c.now}) {
      list += before;
      AppendQuoted(*part, list);
      before = ',';
    }
    list += ']';
  }
  return list.empty() ? list : list + ']';
}

std::string FactsText(const std::map<std::string, std::string>& facts) {
  std::string object;
  for (const auto& [name, value] : facts) {
    object += object.empty() ? '{' : ',';
    AppendQuoted(name, object);
    object += ':';
    AppendQuoted(value, object);
  }
  return object.empty() ? object : object + '}';
}

std::string MoreText(const spec::MetricValues& values) {
  std::string object;
  for (const auto& [place, value] : values.entries()) {
    // JSON has no infinity.
    if (ColumnsOfPlaces()[place] != kNoColumn || !std::isfinite(value)) continue;
    object += object.empty() ? "{\"" : ",\"";
    object += spec::AllMetrics()[place].name;
    object += "\":";
    AppendNumber(value, object);
  }
  return object.empty() ? object : object + '}';
}

Result<spec::Deployment> DeploymentOf(const std::string& text) {
  RS_ASSIGN_OR_RETURN(const Document document, ParseJson(text, "stored deployment"));
  ObjectReader reader(document);
  spec::Deployment deployment = spec::ReadDeployment(reader);
  RS_RETURN_IF_ERROR(reader.Finish());
  return deployment;
}

Result<std::vector<spec::Correction>> CorrectionsOf(const std::string& text) {
  std::vector<spec::Correction> corrections;
  if (text.empty()) return corrections;
  RS_ASSIGN_OR_RETURN(const Document document, ParseJson(text, "stored corrections"));
  for (const Json& c : document.value()) {
    std::array<std::string, 4> part;
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (!c.is_array() || c.size() != part.size() || !c[i].is_string()) {
        return Error{ErrorCode::kProtocol,
                     "stored corrections: damaged: restore the database from a copy"};
      }
      part[i] = c[i].get<std::string>();
    }
    corrections.push_back({part[0], part[1], part[2], part[3]});
  }
  return corrections;
}

Result<std::map<std::string, std::string>> FactsOf(const std::string& text) {
  std::map<std::string, std::string> facts;
  if (text.empty()) return facts;
  RS_ASSIGN_OR_RETURN(const Document document, ParseJson(text, "stored facts"));
  for (const auto& [name, value] : document.value().items()) {
    if (value.is_string()) facts.emplace(name, value.get<std::string>());
  }
  return facts;
}

void BindColumns(const spec::MetricValues& values, Statement& statement) {
  std::array<double, kMetricColumns.size()> columns;
  columns.fill(std::numeric_limits<double>::quiet_NaN());
  for (const auto& [place, value] : values.entries()) {
    const std::size_t column = ColumnsOfPlaces()[place];
    if (column != kNoColumn) columns[column] = value;
  }
  int missing = 0;
  for (const double value : columns) {
    if (std::isnan(value)) {
      ++missing;
      continue;
    }
    statement.LeaveNull(std::exchange(missing, 0)).Bind(value);
  }
  statement.LeaveNull(missing);
}

Result<> AddMore(const std::string& text, spec::MetricValues& values) {
  if (text.empty()) return {};
  RS_ASSIGN_OR_RETURN(const Document document, ParseJson(text, "stored metrics"));
  for (const auto& [name, value] : document.value().items()) {
    // A metric of a newer Roofscape has no place in this one's registry.
    const auto place = spec::MetricPlace(name);
    if (place && value.is_number()) values.Set(*place, value.get<double>());
  }
  return {};
}

Result<> ReadValues(const Statement& row, int more, int first, spec::MetricValues& values) {
  int column = first;
  for (const std::size_t place : ColumnPlaces()) {
    if (!row.IsNull(column)) values.Set(place, row.Double(column));
    ++column;
  }
  return AddMore(row.Text(more), values);
}

bool SaysNothingNew(const spec::MetricValues& now, const spec::MetricValues& before) {
  return std::all_of(now.entries().begin(), now.entries().end(), [&](const auto& entry) {
    return before.Get(static_cast<std::size_t>(entry.place)) == entry.value;
  });
}

}  // namespace roofscape::store
