#include "results/store/sql_archive.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/check.h"
#include "base/core/json.h"
#include "results/store/archive_columns.h"
#include "results/store/archive_text.h"
#include "results/store/campaign.h"
#include "results/store/chunk.h"
#include "results/store/sql_archive_import.h"

namespace roofscape::store {
namespace {

std::string Marks(std::size_t count) {
  std::string marks;
  for (std::size_t i = 0; i < count; ++i) marks += i == 0 ? "?" : ", ?";
  return marks;
}

std::vector<Packed> PackPieces(std::string_view text) {
  std::vector<Packed> pieces;
  for (std::size_t at = 0; at < text.size(); at += kTextPiece) {
    pieces.push_back(PackText(text.substr(at, kTextPiece), Effort::kLittle));
  }
  return pieces;
}

std::string InsertRowsSql(std::size_t rows) {
  std::string sql =
      "INSERT INTO archive_row (id, key_high, key_low, revision, supersedes, import_id, setup_id, "
      "known_us, measured_us, day_only, concurrency, rate_rps, instrument, complete, place, "
      "text_offset, text_bytes, url, corrections_json, facts_json, more_json";
  for (const std::string_view column : kMetricColumns) sql += fmt::format(", {}", column);
  sql += ") VALUES ";
  const std::string row = "(" + Marks(21 + kMetricColumns.size()) + ")";
  for (std::size_t i = 0; i < rows; ++i) sql += (i == 0 ? "" : ", ") + row;
  return sql;
}

std::string BeforeSql() {
  std::string sql =
      "SELECT id, revision, setup_id, measured_us, instrument, complete, corrections_json, "
      "more_json";
  for (const std::string_view column : kMetricColumns) sql += fmt::format(", {}", column);
  return sql + " FROM archive_row WHERE key_high = ? AND key_low = ? ORDER BY revision DESC";
}

/// Whether a stored row, read by BeforeSql, says all that `row` says. A row with less than the
/// stored one says nothing new, unless it takes back a figure: by a correction that leaves it out.
Result<bool> Says(const Statement& stored, const spec::Row& row, std::int64_t setup_id) {
  if (stored.Int(2) != setup_id || stored.Text(4) != spec::Name(row.instrument) ||
      (stored.Int(5) != 0) != row.complete) {
    return false;
  }
  if (row.measured.unix_us != 0 && (stored.IsNull(3) || stored.Int(3) != row.measured.unix_us)) {
    return false;
  }
  RS_ASSIGN_OR_RETURN(const std::vector<spec::Correction> corrections,
                      CorrectionsOf(stored.Text(6)));
  for (const spec::Correction& correction : row.corrections) {
    const bool known =
        std::find(corrections.begin(), corrections.end(), correction) != corrections.end();
    if (correction.now.empty() && !known) return false;
  }
  spec::MetricValues values;
  RS_RETURN_IF_ERROR(ReadValues(stored, 7, 8, values));
  return SaysNothingNew(row.values, values);
}

}  // namespace

void CountCorrections(const std::vector<spec::Correction>& corrections, ImportCounts& counts) {
  std::vector<std::string_view> codes;
  for (const spec::Correction& correction : corrections) codes.push_back(correction.code);
  std::sort(codes.begin(), codes.end());
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
  for (const std::string_view code : codes) ++counts.corrected[std::string(code)];
}

void BindText(Statement& statement, const std::string& text) {
  if (text.empty()) {
    statement.BindNull();
  } else {
    statement.Bind(std::string_view(text));
  }
}

void BindTime(Statement& statement, WallTime time) {
  statement.Bind(time.unix_us == 0 ? std::nullopt : std::optional(time.unix_us));
}

SqlArchive::SqlArchive(std::unique_ptr<Database> database) : database_(std::move(database)) {}
SqlArchive::~SqlArchive() = default;

Result<> SqlArchive::Begin(const ImportHeader& header, std::string_view text) {
  RS_CHECK(open_ == nullptr);
  RS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Write(*database_, Durability::kPower));
  RS_ASSIGN_OR_RETURN(const std::int64_t id,
                      database_->Int("SELECT COALESCE(MAX(id), 0) + 1 FROM import"));
  RS_ASSIGN_OR_RETURN(const std::int64_t row,
                      database_->Int("SELECT COALESCE(MAX(id), 0) + 1 FROM archive_row"));
  RS_ASSIGN_OR_RETURN(const std::int64_t setup,
                      database_->Int("SELECT COALESCE(MAX(id), 0) + 1 FROM setup"));
  RS_ASSIGN_OR_RETURN(const std::int64_t eval,
                      database_->Int("SELECT COALESCE(MAX(id), 0) + 1 FROM eval_row"));
  std::optional<std::int64_t> campaign;
  if (!header.campaign.empty()) {
    RS_ASSIGN_OR_RETURN(campaign, FindCampaign(*database_, header.campaign));
    if (!campaign) {
      RS_ASSIGN_OR_RETURN(campaign, AddCampaign(*database_, {.name = header.campaign,
                                                             .purpose = {},
                                                             .started = header.known,
                                                             .labels = {}}));
    }
  }
  RS_ASSIGN_OR_RETURN(Statement insert, database_->Prepare(InsertRowsSql(1)));
  RS_ASSIGN_OR_RETURN(Statement insert_many,
                      database_->Prepare(InsertRowsSql(database_->RowsAnInsert())));
  RS_ASSIGN_OR_RETURN(Statement before, database_->Prepare(BeforeSql()));
  open_ = std::make_unique<Open>(Open{header,
                                      id,
                                      header.digest.empty() ? Sha256Hex(text) : header.digest,
                                      row,
                                      setup,
                                      eval,
                                      {},
                                      {},
                                      row == 1,
                                      {},
                                      campaign,
                                      {},
                                      std::async(std::launch::async, PackPieces, text),
                                      std::move(transaction),
                                      std::move(insert),
                                      std::move(insert_many),
                                      std::move(before)});
  return {};
}

Result<> SqlArchive::AddText(Open& import) {
  RS_ASSIGN_OR_RETURN(Statement insert,
                      database_->Prepare("INSERT INTO import_text (import_id, piece, plain_bytes, "
                                         "zstd) VALUES (?, ?, ?, ?)"));
  std::int64_t piece = 0;
  for (const Packed& packed : import.pieces.get()) {
    RS_RETURN_IF_ERROR(
        insert.Bind(import.id).Bind(piece++).Bind(packed.plain_bytes).BindBytes(packed.zstd).Run());
  }
  return {};
}

/// Puts a point into the import's campaign, if it has one.
Result<> SqlArchive::Join(const Digest128& key) {
  if (!open_->campaign) return {};
  {
    RS_ASSIGN_OR_RETURN(
        Statement query,
        database_->Prepare("SELECT 1 FROM campaign_point WHERE campaign_id = ? AND key_high = ? "
                           "AND key_low = ?"));
    RS_ASSIGN_OR_RETURN(const bool there,
                        query.Bind(*open_->campaign).Bind(key.high).Bind(key.low).Step());
    if (there) return {};
  }
  ++open_->counts.joined;
  RS_ASSIGN_OR_RETURN(Statement insert,
                      database_->Prepare("INSERT INTO campaign_point (campaign_id, key_high, "
                                         "key_low) VALUES (?, ?, ?)"));
  return insert.Bind(*open_->campaign).Bind(key.high).Bind(key.low).Run();
}

Result<> SqlArchive::Add(std::span<const spec::Row> rows) {
  RS_CHECK(open_ != nullptr);
  std::vector<Digest128> keys;
  keys.reserve(rows.size());
  for (const spec::Row& row : rows) {
    keys.push_back(Sha256First128(row.origin.format + '\0' + row.origin.key));
  }
  RS_RETURN_IF_ERROR(AskForKeys(keys));
  for (std::size_t i = 0; i < rows.size(); ++i) RS_RETURN_IF_ERROR(AddOne(rows[i], keys[i]));
  return InsertWaiting();
}

/// Where asking costs a round trip: once for all, for most keys of an import are new.
Result<> SqlArchive::AskForKeys(std::span<const Digest128> keys) {
  const std::size_t most = database_->RowsAnInsert();
  if (open_->empty || most == 1) return {};
  for (std::size_t at = 0; at < keys.size(); at += most) {
    const auto some = keys.subspan(at, std::min(most, keys.size() - at));
    RS_ASSIGN_OR_RETURN(Statement query,
                        database_->Prepare("SELECT key_high FROM archive_row WHERE key_high IN (" +
                                           Marks(some.size()) + ")"));
    for (const Digest128& key : some) query.Bind(key.high);
    while (true) {
      RS_ASSIGN_OR_RETURN(const bool next, query.Step());
      if (!next) break;
      open_->keys.insert(query.Int(0));
    }
  }
  return {};
}

Result<> SqlArchive::AddOne(const spec::Row& row, const Digest128& key) {
  RS_ASSIGN_OR_RETURN(const std::int64_t setup, SetupId(row));
  RS_RETURN_IF_ERROR(Join(key));
  const bool all_known = open_->empty || database_->RowsAnInsert() > 1;
  std::optional<Before> before;
  if (!all_known || open_->keys.contains(key.high)) {
    // It may be among those that wait.
    RS_RETURN_IF_ERROR(InsertWaiting());
    RS_ASSIGN_OR_RETURN(before, FindBefore(key, row, setup));
  }
  ImportCounts& counts = open_->counts;
  if (before && before->said) {
    ++counts.known;
    return {};
  }
  ++(before ? counts.newer : counts.added);
  CountCorrections(row.corrections, counts);
  if (all_known) open_->keys.insert(key.high);
  open_->waiting.push_back({&row, key, before, setup});
  return open_->waiting.size() < database_->RowsAnInsert() ? Result<>() : InsertWaiting();
}

Result<std::optional<SqlArchive::Before>> SqlArchive::FindBefore(const Digest128& key,
                                                                 const spec::Row& row,
                                                                 std::int64_t setup_id) {
  Statement& query = open_->before;
  query.Bind(key.high).Bind(key.low);
  std::optional<Before> before;
  while (true) {
    const auto next = query.Step();
    if (!next) return next.error();
    if (!*next) break;
    if (!before) before = {query.Int(0), query.Int(1), false};
    const auto said = Says(query, row, setup_id);
    if (!said) return said.error();
    before->said = *said;
    if (before->said) break;
  }
  query.Reset();
  return before;
}

Result<> SqlArchive::InsertWaiting() {
  std::vector<WaitingRow>& waiting = open_->waiting;
  const bool many = waiting.size() == database_->RowsAnInsert();
  Statement& insert = many ? open_->insert_many : open_->insert;
  for (const WaitingRow& row : waiting) {
    BindRow(row, insert);
    if (!many) RS_RETURN_IF_ERROR(insert.Run());
  }
  if (many) RS_RETURN_IF_ERROR(insert.Run());
  waiting.clear();
  return {};
}

void SqlArchive::BindRow(const WaitingRow& waiting, Statement& insert) {
  const spec::Row& row = *waiting.row;
  const std::optional<Before>& before = waiting.before;
  insert.Bind(open_->next_row++).Bind(waiting.key.high).Bind(waiting.key.low);
  insert.Bind(before ? before->revision + 1 : std::int64_t{1});
  insert.Bind(before ? std::optional(before->id) : std::nullopt);
  insert.Bind(open_->id).Bind(waiting.setup_id).Bind(open_->header.known.unix_us);
  BindTime(insert, row.measured);
  insert.Bind(std::int64_t{row.day_only ? 1 : 0}).Bind(row.concurrency).Bind(row.rate_rps);
  insert.Bind(spec::Name(row.instrument)).Bind(std::int64_t{row.complete ? 1 : 0});
  insert.Bind(row.origin.place).Bind(row.origin.offset).Bind(row.origin.bytes);
  insert.Bind(std::string_view(row.origin.url));
  BindText(insert, CorrectionsText(row.corrections));
  BindText(insert, FactsText(row.facts));
  BindText(insert, MoreText(row.values));
  BindColumns(row.values, insert);
}

Result<std::int64_t> SqlArchive::SetupId(const spec::Row& row) {
  std::string text = SetupText(row);
  const auto known = open_->setups.find(text);
  if (known != open_->setups.end()) return known->second;
  const std::string digest = Sha256Hex(text);
  std::int64_t id = 0;
  {
    RS_ASSIGN_OR_RETURN(Statement query,
                        database_->Prepare("SELECT id FROM setup WHERE digest = ?"));
    RS_ASSIGN_OR_RETURN(const bool found, query.Bind(std::string_view(digest)).Step());
    if (found) id = query.Int(0);
  }
  if (id == 0) {
    id = open_->next_setup++;
    RS_ASSIGN_OR_RETURN(
        Statement insert,
        database_->Prepare("INSERT INTO setup (id, digest, model, chip, chips, engine, "
                           "engine_version, precision_name, speculative, input_tokens, "
                           "output_tokens, protocol, window_name, way, deployment_json, "
                           "workload_json) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                           "?)"));
    const spec::Deployment& deployment = row.deployment;
    insert.Bind(id).Bind(std::string_view(digest)).Bind(std::string_view(deployment.model));
    insert.Bind(std::string_view(deployment.chip)).Bind(spec::ChipCount(deployment));
    insert.Bind(std::string_view(deployment.engine));
    insert.Bind(std::string_view(deployment.engine_version));
    insert.Bind(std::string_view(deployment.precision));
    insert.Bind(std::string_view(deployment.speculative));
    insert.Bind(row.workload.input.tokens).Bind(row.workload.output.tokens);
    insert.Bind(std::string_view(row.protocol)).Bind(std::string_view(row.window));
    insert.Bind(std::string_view(row.way));
    insert.Bind(std::string_view(DumpText(spec::ToJson(deployment))));
    insert.Bind(std::string_view(DumpText(spec::ToJson(row.workload))));
    RS_RETURN_IF_ERROR(insert.Run());
  }
  open_->setups.emplace(std::move(text), id);
  return id;
}

Result<> SqlArchive::SetAside(std::span<const spec::AsideRow> rows) {
  RS_CHECK(open_ != nullptr);
  if (rows.empty()) return {};
  RS_ASSIGN_OR_RETURN(Statement insert,
                      database_->Prepare("INSERT INTO import_aside (import_id, place, text_offset, "
                                         "text_bytes, code, reason) VALUES (?, ?, ?, ?, ?, ?)"));
  for (const spec::AsideRow& row : rows) {
    RS_RETURN_IF_ERROR(insert.Bind(open_->id)
                           .Bind(row.place)
                           .Bind(row.offset)
                           .Bind(row.bytes)
                           .Bind(std::string_view(row.code))
                           .Bind(std::string_view(row.reason))
                           .Run());
    ++open_->counts.aside;
    ++open_->counts.asides[row.code];
  }
  return {};
}

Result<ImportCounts> SqlArchive::Commit() {
  RS_CHECK(open_ != nullptr);
  const std::unique_ptr<Open> import = std::move(open_);
  const ImportCounts& counts = import->counts;
  if (counts.added + counts.newer == 0) {
    RS_ASSIGN_OR_RETURN(const std::vector<ImportRecord> before,
                        ReadImports("WHERE digest = ?", {import->digest}));
    // What was there already needs no second witness; that it belongs to a campaign is new.
    if (counts.aside == 0 || !before.empty()) {
      if (counts.joined > 0) RS_RETURN_IF_ERROR(import->transaction.Commit());
      return counts;
    }
  }
  RS_ASSIGN_OR_RETURN(
      Statement insert,
      database_->Prepare("INSERT INTO import (id, known_us, format, source, digest, version, "
                         "rows_added, rows_known, rows_newer, rows_aside, evals) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  RS_RETURN_IF_ERROR(insert.Bind(import->id)
                         .Bind(import->header.known.unix_us)
                         .Bind(std::string_view(import->header.format))
                         .Bind(std::string_view(import->header.source))
                         .Bind(std::string_view(import->digest))
                         .Bind(std::string_view(import->header.version))
                         .Bind(counts.added)
                         .Bind(counts.known)
                         .Bind(counts.newer)
                         .Bind(counts.aside)
                         .Bind(counts.evals)
                         .Run());
  RS_RETURN_IF_ERROR(AddText(*import));
  RS_RETURN_IF_ERROR(import->transaction.Commit());
  return counts;
}

std::string DigestOf(std::string_view text) { return Sha256Hex(text); }

void SqlArchive::Abandon() { open_.reset(); }

}  // namespace roofscape::store
