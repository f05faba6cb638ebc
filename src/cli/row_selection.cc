#include "cli/row_selection.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "domain/analysis/catalog_names.h"
#include "domain/analysis/days.h"
#include "domain/catalog/date.h"
#include "results/store/recompute.h"

namespace roofscape::cli {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

/// The catalog's id of a name, or the name itself.
template <class Find>
std::optional<std::string> IdOf(Find find, const catalog::Catalog& catalog,
                                const std::string& name) {
  if (name.empty()) return std::nullopt;
  const auto found = find(catalog, name);
  return found ? (*found)->entry.id : name;
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

/// Why nothing may have been found: a name that the catalog does not know, with its suggestion.
std::string UnknownNames(const RowSelection& selection, const catalog::Catalog& catalog) {
  std::string hints;
  const auto check = [&](const std::string& name, const auto& found) {
    if (!name.empty() && !found) hints += " (" + found.error().message + ")";
  };
  check(selection.model, catalog::FindModel(catalog, selection.model));
  check(selection.chip, catalog::FindChip(catalog, selection.chip));
  check(selection.engine, catalog::FindEngine(catalog, selection.engine));
  if (!selection.campaign.empty()) {
    hints +=
        fmt::format(" (of campaign '{}'; all of them: roofscape campaigns)", selection.campaign);
  }
  return hints;
}

Result<std::pair<std::int64_t, std::int64_t>> ParseShape(const std::string& text) {
  const char* const end = text.data() + text.size();
  std::int64_t input = 0;
  std::int64_t output = 0;
  const auto first = std::from_chars(text.data(), end, input);
  if (first.ec == std::errc() && first.ptr != end && *first.ptr == '/') {
    const auto second = std::from_chars(first.ptr + 1, end, output);
    if (second.ec == std::errc() && second.ptr == end && input > 0 && output > 0) {
      return std::pair(input, output);
    }
  }
  return Error{
      ErrorCode::kInvalidArgument,
      fmt::format("--shape '{}': must be input/output tokens, e.g. --shape 8192/1024", text)};
}

void KeepLatest(std::vector<spec::Row>& rows) {
  const auto load = [](const spec::Row& row) {
    return std::tuple(ToJson(row.deployment).dump(), ToJson(row.workload).dump(), row.protocol,
                      row.concurrency, row.rate_rps.value_or(0));
  };
  std::map<decltype(load(rows.front())), spec::Row> last;
  for (spec::Row& row : rows) {
    auto [at, added] = last.try_emplace(load(row), row);
    if (!added && at->second.measured <= row.measured) at->second = std::move(row);
  }
  rows.clear();
  for (auto& [key, row] : last) rows.push_back(std::move(row));
}

Result<std::vector<spec::Row>> OwnRows(const std::string& path, const store::RowQuery& query,
                                       const catalog::Catalog& catalog) {
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(path, store::OpenMode::kReadOnly));
  RS_ASSIGN_OR_RETURN(const std::vector<store::RunSummary> runs,
                      store->Runs({.since = query.measured_from, .campaign = query.campaign}));
  std::vector<spec::Row> rows;
  for (auto summary = runs.rbegin(); summary != runs.rend(); ++summary) {
    RS_ASSIGN_OR_RETURN(spec::RunResult run, store->LoadRun(summary->id));
    RS_RETURN_IF_ERROR(store::RecomputeUnfinished(*store, run));
    for (spec::Row& row : spec::RowsOf(run)) {
      analysis::UseCatalogNames(catalog, row.deployment);
      if (Fits(row, query)) rows.push_back(std::move(row));
    }
  }
  if (query.latest && !rows.empty()) KeepLatest(rows);
  return rows;
}

}  // namespace

void AddDeploymentConditions(Command& command, RowSelection& selection) {
  command.AddOption("--model", selection.model, "Only this model, as the catalog names it");
  command.AddOption("--chip", selection.chip, "Only this chip");
  command.AddOption("--engine", selection.engine, "Only this engine");
  command.AddOption("--precision", selection.precision, "Only this precision, e.g. fp8");
  command.AddOption("--speculative", selection.speculative,
                    "Only this speculative decoding: none, mtp, ...");
  command.AddOption("--since", selection.since, "Only what was measured on this day or later");
  command.AddOption("--until", selection.until, "Only what was measured on this day or before");
  command.AddOption("--known-at", selection.known_at,
                    "As it was known at the end of this day, without later imports");
  command.AddOption("--campaign", selection.campaign, "Only what belongs to this campaign");
  command.AddFlag("--latest", selection.latest,
                  "Of every deployment, workload and load only what was measured last");
}

void AddRowConditions(Command& command, RowSelection& selection) {
  AddDeploymentConditions(command, selection);
  command.AddOption("--shape", selection.shape, "Only this many input/output tokens: 8192/1024");
  command.AddOption("--protocol", selection.protocol,
                    "Only points measured by these rules: steady, inferencex, ...");
  CommandOption* const imported =
      command.AddFlag("--imported", selection.imported_only, "Only what was imported");
  command.AddFlag("--own", selection.own_only, "Only points of our own runs")->Excludes(imported);
}

void AddRowSelection(Command& command, RowSelection& selection) {
  AddRowConditions(command, selection);
  AddDbOption(command, selection.db);
}

bool HasConditions(const RowSelection& selection) {
  const std::string* const texts[] = {
      &selection.model,       &selection.chip,     &selection.engine,   &selection.precision,
      &selection.speculative, &selection.shape,    &selection.protocol, &selection.since,
      &selection.until,       &selection.known_at, &selection.campaign};
  return selection.latest || selection.imported_only || selection.own_only ||
         std::any_of(std::begin(texts), std::end(texts),
                     [](const std::string* text) { return !text->empty(); });
}

Result<WallTime> ParseDay(std::string_view flag, std::string_view text) {
  const std::optional<catalog::Date> date = catalog::ParseDate(text);
  if (!date) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{} '{}': must be a day, e.g. {} 2026-07-01", flag, text, flag)};
  }
  return WallTime{analysis::DayNumber(*date) * kDayUs};
}

Result<store::RowQuery> QueryOf(const RowSelection& selection, const catalog::Catalog& catalog) {
  store::RowQuery query;
  query.model = IdOf(catalog::FindModel, catalog, selection.model);
  query.chip = IdOf(catalog::FindChip, catalog, selection.chip);
  query.engine = IdOf(catalog::FindEngine, catalog, selection.engine);
  if (!selection.precision.empty()) query.precision = Lower(selection.precision);
  if (!selection.speculative.empty()) query.speculative = Lower(selection.speculative);
  if (!selection.protocol.empty()) query.protocol = selection.protocol;
  if (!selection.shape.empty()) {
    RS_ASSIGN_OR_RETURN(const auto shape, ParseShape(selection.shape));
    query.input_tokens = shape.first;
    query.output_tokens = shape.second;
  }
  if (!selection.since.empty()) {
    RS_ASSIGN_OR_RETURN(query.measured_from, ParseDay("--since", selection.since));
  }
  if (!selection.until.empty()) {
    RS_ASSIGN_OR_RETURN(const WallTime day, ParseDay("--until", selection.until));
    query.measured_until = WallTime{day.unix_us + kDayUs - 1};
  }
  if (!selection.known_at.empty()) {
    RS_ASSIGN_OR_RETURN(const WallTime day, ParseDay("--known-at", selection.known_at));
    query.known_at = WallTime{day.unix_us + kDayUs - 1};
  }
  if (!selection.campaign.empty()) query.campaign = selection.campaign;
  query.latest = selection.latest;
  return query;
}

bool Fits(const spec::Row& row, const store::RowQuery& query) {
  const auto same = [](const auto& wanted, const auto& is) { return !wanted || *wanted == is; };
  return same(query.model, row.deployment.model) && same(query.chip, row.deployment.chip) &&
         same(query.engine, row.deployment.engine) &&
         same(query.precision, row.deployment.precision) &&
         same(query.speculative, row.deployment.speculative) &&
         same(query.protocol, row.protocol) &&
         same(query.input_tokens, row.workload.input.tokens) &&
         same(query.output_tokens, row.workload.output.tokens) &&
         (!query.measured_from || *query.measured_from <= row.measured) &&
         (!query.measured_until || row.measured <= *query.measured_until) &&
         // A run is known once it is measured.
         (!query.known_at || row.measured <= *query.known_at);
}

Result<std::vector<spec::Row>> LoadRows(const RowSelection& selection,
                                        const catalog::Catalog& catalog) {
  RS_ASSIGN_OR_RETURN(const store::RowQuery query, QueryOf(selection, catalog));
  const std::string path = StorePath(selection.db);
  std::vector<spec::Row> rows;
  if (!selection.own_only) {
    RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Archive> archive,
                        store::OpenArchive(path, store::OpenMode::kReadOnly));
    RS_ASSIGN_OR_RETURN(std::vector<store::ArchivedRow> archived, archive->Rows(query));
    for (store::ArchivedRow& row : archived) rows.push_back(std::move(row.row));
  }
  if (!selection.imported_only) {
    RS_ASSIGN_OR_RETURN(std::vector<spec::Row> own, OwnRows(path, query, catalog));
    std::move(own.begin(), own.end(), std::back_inserter(rows));
  }
  if (rows.empty()) {
    return Error{
        ErrorCode::kNotFound,
        fmt::format("database '{}': no row fits{}. See what there is: roofscape export csv; "
                    "bring more in: roofscape import FORMAT FILE",
                    path, UnknownNames(selection, catalog))};
  }
  return rows;
}

}  // namespace roofscape::cli
