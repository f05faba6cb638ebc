#include "results/store/archive_text.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/check.h"
#include "base/core/document.h"
#include "results/store/archive_columns.h"

namespace roofscape::store {
namespace {

bool HasColumn(std::size_t place) {
  static const std::vector<bool> kHas = [] {
    std::vector<bool> has(spec::AllMetrics().size(), false);
    for (const std::size_t column : ColumnPlaces()) has[column] = true;
    return has;
  }();
  return kHas[place];
}

/// Lengths before texts, so that no two setups give one text.
void Append(std::string_view text, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{}:{};", text.size(), text);
}

void Append(const auto& number, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{};", number);
}

template <class Value>
void Append(const std::optional<Value>& value, std::string& out) {
  if (value) {
    Append(*value, out);
  } else {
    out += "-;";
  }
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
  Append(static_cast<int>(w.prompt_form), out);
  Append(w.ignore_eos, out);
  Append(w.prompt_cache, out);
  return out;
}

std::string CorrectionsText(const std::vector<spec::Correction>& corrections) {
  if (corrections.empty()) return "";
  Json list = Json::array();
  for (const spec::Correction& c : corrections) list.push_back({c.code, c.field, c.was, c.now});
  return DumpText(list);
}

std::string FactsText(const std::map<std::string, std::string>& facts) {
  return facts.empty() ? "" : DumpText(Json(facts));
}

std::string MoreText(const spec::MetricValues& values) {
  Json more = Json::object();
  for (const auto& [place, value] : values.entries()) {
    if (!HasColumn(place)) more[spec::AllMetrics()[place].name] = value;
  }
  return more.empty() ? "" : DumpText(more);
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
  for (const std::size_t place : ColumnPlaces()) statement.Bind(values.Get(place));
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
