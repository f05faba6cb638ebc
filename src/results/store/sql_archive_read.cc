// The reading half of SqlArchive.

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/core/document.h"
#include "results/store/archive_columns.h"
#include "results/store/archive_text.h"
#include "results/store/campaign.h"
#include "results/store/chunk.h"
#include "results/store/sql_archive.h"

namespace roofscape::store {
namespace {

constexpr int kMore = 19;
constexpr int kFirstMetric = 20;
constexpr std::size_t kIdsAtOnce = 1000;

/// The WHERE clause of a query. Its parameters have numbers, so that a condition may stand more
/// than once in a statement.
struct Conditions {
  std::vector<std::string> of_setup;
  std::vector<std::string> of_row;
  std::vector<std::variant<std::string, std::int64_t>> parameters;

  /// Writes the number of the value behind each '?' of the condition.
  std::string Numbered(std::string_view condition, std::variant<std::string, std::int64_t> value) {
    parameters.push_back(std::move(value));
    std::string numbered;
    for (const char c : condition) {
      numbered += c;
      if (c == '?') numbered += std::to_string(parameters.size());
    }
    return numbered;
  }
};

Conditions ConditionsOf(const RowQuery& query) {
  Conditions c;
  const auto setup = [&](std::string_view condition, const auto& value) {
    if (value) c.of_setup.push_back(c.Numbered(condition, *value));
  };
  setup("s.model = ?", query.model);
  setup("s.chip = ?", query.chip);
  setup("s.engine = ?", query.engine);
  setup("s.precision_name = ?", query.precision);
  setup("s.speculative = ?", query.speculative);
  setup("s.protocol = ?", query.protocol);
  setup("s.input_tokens = ?", query.input_tokens);
  setup("s.output_tokens = ?", query.output_tokens);
  const auto time = [&](std::string_view condition, const std::optional<WallTime>& value) {
    if (value) c.of_row.push_back(c.Numbered(condition, value->unix_us));
  };
  if (query.import_id) c.of_row.push_back(c.Numbered("r.import_id = ?", *query.import_id));
  time("r.measured_us >= ?", query.measured_from);
  time("r.measured_us <= ?", query.measured_until);
  time("r.known_us <= ?", query.known_at);
  constexpr std::string_view kLater =
      "NOT EXISTS (SELECT 1 FROM archive_row AS later WHERE later.supersedes = r.id{})";
  if (query.known_at) {
    time(fmt::format(kLater, " AND later.known_us <= ?"), query.known_at);
  } else {
    c.of_row.push_back(fmt::format(kLater, ""));
  }
  if (query.campaign) c.of_row.push_back(c.Numbered(kOfCampaign, *query.campaign));
  return c;
}

std::string Joined(const std::vector<std::string>& conditions) {
  std::string sql;
  for (const std::string& condition : conditions) {
    sql += (sql.empty() ? " WHERE " : " AND ") + condition;
  }
  return sql;
}

/// The places of the metrics to be read among the columns, by rising place in the registry so that
/// each is put behind the others; and whether more_json is needed.
struct Wanted {
  std::vector<std::size_t> columns;
  bool more = false;
};

Wanted WantedOf(const std::vector<std::string>& metrics) {
  Wanted wanted;
  wanted.more = metrics.empty();
  for (std::size_t i = 0; i < kMetricColumns.size(); ++i) {
    if (metrics.empty() ||
        std::find(metrics.begin(), metrics.end(), kMetricColumns[i]) != metrics.end()) {
      wanted.columns.push_back(i);
    }
  }
  std::sort(wanted.columns.begin(), wanted.columns.end(),
            [](std::size_t a, std::size_t b) { return ColumnPlaces()[a] < ColumnPlaces()[b]; });
  wanted.more = wanted.more || wanted.columns.size() < metrics.size();
  return wanted;
}

/// From and where: setups first, for they are few, and the rows of one lie together in an index.
std::string FromRows(const Conditions& conditions) {
  std::vector<std::string> all = conditions.of_row;
  if (!conditions.of_setup.empty()) {
    all.insert(all.begin(),
               "r.setup_id IN (SELECT s.id FROM setup AS s" + Joined(conditions.of_setup) + ")");
  }
  return " FROM archive_row AS r" + Joined(all);
}

std::string SelectRows(const RowQuery& query, const Conditions& conditions, const Wanted& wanted) {
  std::string sql =
      "SELECT r.id, r.import_id, r.revision, r.known_us, r.setup_id, r.measured_us, r.day_only, "
      "r.concurrency, r.rate_rps, r.place, r.text_offset, r.text_bytes, r.url, "
      "r.corrections_json, r.facts_json, r.key_high, r.key_low, r.instrument, r.complete, ";
  sql += wanted.more ? "r.more_json" : "NULL";
  for (const std::size_t column : wanted.columns) {
    sql += fmt::format(", r.{}", kMetricColumns[column]);
  }
  sql += FromRows(conditions);
  if (!query.any_order) {
    sql += " ORDER BY r.setup_id, COALESCE(r.measured_us, 0), r.concurrency, r.id";
  }
  if (query.limit) sql += fmt::format(" LIMIT {}", *query.limit);
  return sql;
}

void BindAll(const Conditions& conditions, Statement& statement) {
  for (const auto& parameter : conditions.parameters) {
    if (const auto* text = std::get_if<std::string>(&parameter)) {
      statement.Bind(std::string_view(*text));
    } else {
      statement.Bind(std::get<std::int64_t>(parameter));
    }
  }
}

/// What LatestIds reads, of the latest row of each load: found by one search in the index a load,
/// however often a load was measured. From the largest load of a setup to the next one below it.
/// REQUIRES: NULL is least in an index, so that it stands last where the index is read backwards.
std::string SelectLatestByLoad(const Conditions& conditions) {
  const auto first = [&](std::string_view where, std::string_view order) {
    return fmt::format(
        "(SELECT r.id FROM archive_row AS r WHERE {} AND {} ORDER BY {}r.measured_us DESC, "
        "r.id DESC LIMIT 1)",
        where, fmt::join(conditions.of_row, " AND "), order);
  };
  constexpr std::string_view kByLoad = "r.concurrency DESC, r.rate_rps DESC, ";
  return fmt::format(
      "WITH RECURSIVE latest (id) AS (SELECT {} FROM setup AS s{} UNION ALL "
      "SELECT COALESCE({}, {}, {}) FROM latest JOIN archive_row AS p ON p.id = latest.id) "
      "SELECT r.id, r.setup_id, r.measured_us, r.concurrency, r.rate_rps FROM latest "
      "JOIN archive_row AS r ON r.id = latest.id",
      first("r.setup_id = s.id", kByLoad), Joined(conditions.of_setup),
      first("r.setup_id = p.setup_id AND r.concurrency = p.concurrency AND "
            "r.rate_rps < p.rate_rps",
            "r.rate_rps DESC, "),
      first("p.rate_rps IS NOT NULL AND r.setup_id = p.setup_id AND "
            "r.concurrency = p.concurrency AND r.rate_rps IS NULL",
            ""),
      first("r.setup_id = p.setup_id AND r.concurrency < p.concurrency", kByLoad));
}

/// Rows named by their ids, whatever the query said.
Conditions ConditionsOf(std::span<const std::int64_t> ids) {
  Conditions conditions;
  conditions.of_row.push_back(fmt::format("r.id IN ({})", fmt::join(ids, ", ")));
  return conditions;
}

template <class Setup, class Source>
ArchivedRow RowFrom(const Statement& row, const Setup& setup, const Source& source) {
  ArchivedRow out;
  out.id = row.Int(0);
  out.import_id = row.Int(1);
  out.revision = row.Int(2);
  out.known = WallTime{row.Int(3)};
  out.setup_id = row.Int(4);
  spec::Row& r = out.row;
  if (!row.IsNull(5)) r.measured = WallTime{row.Int(5)};
  r.day_only = row.Int(6) != 0;
  r.concurrency = row.Int(7);
  if (!row.IsNull(8)) r.rate_rps = row.Double(8);
  r.origin.place = row.Int(9);
  r.origin.offset = row.Int(10);
  r.origin.bytes = row.Int(11);
  r.origin.url = row.Text(12);
  r.origin.format = source.format;
  r.origin.source = source.name;
  const std::string instrument = row.Text(17);
  for (const spec::Fitness fitness :
       {spec::Fitness::kValid, spec::Fitness::kDegraded, spec::Fitness::kInvalid}) {
    if (spec::Name(fitness) == instrument) r.instrument = fitness;
  }
  r.complete = row.Int(18) != 0;
  r.deployment = setup.deployment;
  r.workload = setup.workload;
  r.protocol = setup.protocol;
  r.window = setup.window;
  r.way = setup.way;
  return out;
}

}  // namespace

Result<std::vector<ArchivedRow>> SqlArchive::Rows(const RowQuery& query) {
  std::vector<ArchivedRow> found;
  RS_RETURN_IF_ERROR(EachRow(query, [&](ArchivedRow&& row) { found.push_back(std::move(row)); }));
  return found;
}

Result<> SqlArchive::EachRow(const RowQuery& query,
                             const std::function<void(ArchivedRow&&)>& tell) {
  RS_ASSIGN_OR_RETURN(const Transaction view, Transaction::Read(*database_));
  sources_.clear();
  if (!query.latest && query.ids.empty()) {
    // All of a table goes by once: fresh memory for its pages takes longer than to read them.
    if (query.any_order) RS_RETURN_IF_ERROR(database_->KeepPages(false));
    const Result<> read = ReadRows(query, {}, tell);
    if (query.any_order) RS_RETURN_IF_ERROR(database_->KeepPages(true));
    return read;
  }
  std::vector<std::int64_t> ids = query.ids;
  if (ids.empty()) {
    RS_ASSIGN_OR_RETURN(ids, LatestIds(query));
  }
  const std::span<const std::int64_t> all = ids;
  for (std::size_t at = 0; at < all.size(); at += kIdsAtOnce) {
    const auto some = all.subspan(at, std::min(kIdsAtOnce, all.size() - at));
    RS_RETURN_IF_ERROR(ReadRows(query, some, tell));
  }
  return {};
}

/// By setup and load, from an index alone: rows are wide, and most are not the latest.
Result<std::vector<std::int64_t>> SqlArchive::LatestIds(const RowQuery& query) {
  const Conditions conditions = ConditionsOf(query);
  // The index of loads does not say which import or campaign a row is of.
  const bool by_load = database_->NullIsLeast() && !query.import_id && !query.campaign;
  RS_ASSIGN_OR_RETURN(
      Statement rows,
      database_->Prepare(by_load ? SelectLatestByLoad(conditions)
                                 : "SELECT r.id, r.setup_id, r.measured_us, r.concurrency, "
                                   "r.rate_rps" +
                                       FromRows(conditions)));
  BindAll(conditions, rows);
  // Load, time and id, so that the last of each load is the one behind which another load begins.
  using Load = std::tuple<std::int64_t, std::int64_t, double>;
  std::vector<std::tuple<Load, std::int64_t, std::int64_t>> all;
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool next, rows.Step());
    if (!next) break;
    const Load load{rows.Int(1), rows.Int(3), rows.IsNull(4) ? -1 : rows.Double(4)};
    all.emplace_back(load, rows.IsNull(2) ? 0 : rows.Int(2), rows.Int(0));
  }
  std::sort(all.begin(), all.end());
  std::vector<std::int64_t> ids;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool last = i + 1 == all.size() || std::get<0>(all[i]) != std::get<0>(all[i + 1]);
    if (last) ids.push_back(std::get<2>(all[i]));
  }
  if (query.limit) ids.resize(std::min(ids.size(), static_cast<std::size_t>(*query.limit)));
  return ids;
}

/// Setups never change, so that each is read and understood once.
Result<const SqlArchive::Setup*> SqlArchive::SetupOf(std::int64_t id,
                                                     std::optional<Statement>& query) {
  const auto known = setups_.find(id);
  if (known != setups_.end()) return &known->second;
  if (!query) {
    RS_ASSIGN_OR_RETURN(
        query,
        database_->Prepare("SELECT deployment_json, workload_json, protocol, window_name, way "
                           "FROM setup WHERE id = ?"));
  }
  Statement& row = *query;
  RS_ASSIGN_OR_RETURN(const bool there, row.Bind(id).Step());
  RS_CHECK(there);
  Setup setup;
  RS_ASSIGN_OR_RETURN(setup.deployment, DeploymentOf(row.Text(0)));
  RS_ASSIGN_OR_RETURN(const Document workload, ParseJson(row.Text(1), "stored workload"));
  ObjectReader workload_reader(workload);
  setup.workload = spec::ReadPublishedWorkload(workload_reader);
  RS_RETURN_IF_ERROR(workload_reader.Finish());
  setup.protocol = row.Text(2);
  setup.window = row.Text(3);
  setup.way = row.Text(4);
  row.Reset();
  return &setups_.emplace(id, std::move(setup)).first->second;
}

/// What the rows of an import share; read once in a view of the data.
Result<const SqlArchive::Source*> SqlArchive::SourceOf(std::int64_t import_id) {
  const auto [at, is_new] = sources_.try_emplace(import_id);
  if (!is_new) return &at->second;
  RS_ASSIGN_OR_RETURN(Statement row,
                      database_->Prepare("SELECT format, source FROM import WHERE id = ?"));
  RS_ASSIGN_OR_RETURN(const bool there, row.Bind(import_id).Step());
  RS_CHECK(there);
  at->second = {row.Text(0), row.Text(1)};
  return &at->second;
}

/// Tells the rows of the query, or those with the ids.
Result<> SqlArchive::ReadRows(const RowQuery& query, std::span<const std::int64_t> ids,
                              const std::function<void(ArchivedRow&&)>& tell) {
  const Conditions conditions = ids.empty() ? ConditionsOf(query) : ConditionsOf(ids);
  const Wanted wanted = WantedOf(query.metrics);
  RS_ASSIGN_OR_RETURN(Statement rows, database_->Prepare(SelectRows(query, conditions, wanted)));
  BindAll(conditions, rows);
  std::optional<Statement> setup_query;
  const Setup* setup = nullptr;
  std::int64_t setup_id = 0;
  const Source* source = nullptr;
  std::int64_t import_id = 0;
  std::vector<std::size_t> places;
  for (const std::size_t column : wanted.columns) places.push_back(ColumnPlaces()[column]);
  std::vector<double> figures(places.size());
  // Grows once to what the fullest row needs; each row takes a copy of its own size.
  spec::MetricValues values;
  const spec::MetricValues none;
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool next, rows.Step());
    if (!next) return {};
    // Rows of one setup lie together, mostly.
    if (setup == nullptr || setup_id != rows.Int(4)) {
      setup_id = rows.Int(4);
      RS_ASSIGN_OR_RETURN(setup, SetupOf(setup_id, setup_query));
    }
    if (source == nullptr || import_id != rows.Int(1)) {
      import_id = rows.Int(1);
      RS_ASSIGN_OR_RETURN(source, SourceOf(import_id));
    }
    ArchivedRow row = RowFrom(rows, *setup, *source);
    if (!query.without_texts) {
      RS_ASSIGN_OR_RETURN(row.row.corrections, CorrectionsOf(rows.Text(13)));
      RS_ASSIGN_OR_RETURN(row.row.facts, FactsOf(rows.Text(14)));
      row.row.origin.key = KeyText({rows.Int(15), rows.Int(16)});
    }
    values = none;
    rows.Doubles(kFirstMetric, figures);
    for (std::size_t i = 0; i < figures.size(); ++i) {
      if (!std::isnan(figures[i])) values.Set(places[i], figures[i]);
    }
    if (wanted.more) RS_RETURN_IF_ERROR(AddMore(rows.Text(kMore), values));
    row.row.values = values;
    tell(std::move(row));
  }
}

Result<std::vector<SetupSummary>> SqlArchive::Setups() {
  RS_ASSIGN_OR_RETURN(
      Statement query,
      database_->Prepare("SELECT model, chip, engine, precision_name, speculative, protocol, "
                         "input_tokens, output_tokens, COUNT(*) FROM setup GROUP BY 1, 2, 3, 4, 5, "
                         "6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8"));
  std::vector<SetupSummary> setups;
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return setups;
    setups.push_back({query.Text(0), query.Text(1), query.Text(2), query.Text(3), query.Text(4),
                      query.Text(5), query.Int(6), query.Int(7), query.Int(8)});
  }
}

Result<std::vector<ImportRecord>> SqlArchive::ReadImports(std::string_view where,
                                                          const std::vector<std::string>& values) {
  RS_ASSIGN_OR_RETURN(Statement query,
                      database_->Prepare(fmt::format(
                          "SELECT id, known_us, format, source, digest, version, "
                          "rows_added, rows_known, rows_newer, rows_aside, evals FROM import {} "
                          "ORDER BY id DESC",
                          where)));
  for (const std::string& value : values) query.Bind(std::string_view(value));
  std::vector<ImportRecord> records;
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return records;
    ImportRecord record;
    record.id = query.Int(0);
    record.known = WallTime{query.Int(1)};
    record.format = query.Text(2);
    record.source = query.Text(3);
    record.digest = query.Text(4);
    record.version = query.Text(5);
    record.counts.added = query.Int(6);
    record.counts.known = query.Int(7);
    record.counts.newer = query.Int(8);
    record.counts.aside = query.Int(9);
    record.counts.evals = query.Int(10);
    records.push_back(std::move(record));
  }
}

Result<std::optional<ImportRecord>> SqlArchive::FindImport(std::string_view digest,
                                                           std::string_view format,
                                                           std::string_view version) {
  RS_ASSIGN_OR_RETURN(
      const std::vector<ImportRecord> records,
      ReadImports("WHERE digest = ? AND format = ? AND version = ?",
                  {std::string(digest), std::string(format), std::string(version)}));
  if (records.empty()) return std::optional<ImportRecord>();
  return std::optional<ImportRecord>(records.front());
}

Result<std::vector<ImportRecord>> SqlArchive::Imports() { return ReadImports("", {}); }

Result<std::vector<spec::AsideRow>> SqlArchive::Asides(std::int64_t import_id) {
  RS_ASSIGN_OR_RETURN(Statement query,
                      database_->Prepare("SELECT place, text_offset, text_bytes, code, reason FROM "
                                         "import_aside WHERE import_id = ? ORDER BY place"));
  query.Bind(import_id);
  std::vector<spec::AsideRow> rows;
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return rows;
    rows.push_back({query.Int(0), query.Int(1), query.Int(2), query.Text(3), query.Text(4)});
  }
}

Result<std::string> SqlArchive::Piece(std::int64_t import_id, std::int64_t piece) {
  RS_ASSIGN_OR_RETURN(Statement query,
                      database_->Prepare("SELECT plain_bytes, zstd FROM import_text WHERE "
                                         "import_id = ? AND piece = ?"));
  RS_ASSIGN_OR_RETURN(const bool found, query.Bind(import_id).Bind(piece).Step());
  if (!found) return std::string();
  return UnpackText(query.Int(0), query.Text(1));
}

Result<std::string> SqlArchive::Original(std::int64_t import_id, std::int64_t place) {
  std::size_t at = 0;
  std::size_t left = 0;
  for (const char* table : {"archive_row", "eval_row", "import_aside"}) {
    RS_ASSIGN_OR_RETURN(
        Statement query,
        database_->Prepare(fmt::format(
            "SELECT text_offset, text_bytes FROM {} WHERE import_id = ? AND place = ?", table)));
    RS_ASSIGN_OR_RETURN(const bool found, query.Bind(import_id).Bind(place).Step());
    if (!found) continue;
    at = static_cast<std::size_t>(query.Int(0));
    left = static_cast<std::size_t>(query.Int(1));
  }
  if (left == 0) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("import {}: place {}: it brought no row from there, or one that is no "
                             "text",
                             import_id, place)};
  }
  std::string text;
  while (left > 0) {
    RS_ASSIGN_OR_RETURN(const std::string piece,
                        Piece(import_id, static_cast<std::int64_t>(at / kTextPiece)));
    const std::size_t begin = std::min(at % kTextPiece, piece.size());
    const std::size_t take = std::min(left, piece.size() - begin);
    if (take == 0) break;
    text.append(piece, begin, take);
    at += take;
    left -= take;
  }
  return text;
}

}  // namespace roofscape::store
