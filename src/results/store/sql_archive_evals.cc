// Evals in SqlArchive: added as rows are, and read.

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/check.h"
#include "base/core/document.h"
#include "results/store/archive_text.h"
#include "results/store/campaign.h"
#include "results/store/sql_archive.h"
#include "results/store/sql_archive_import.h"

namespace roofscape::store {
namespace {

/// The WHERE clause of a query and its parameters, in order.
struct Conditions {
  std::string sql;
  std::vector<std::variant<std::string, std::int64_t>> parameters;

  void Add(std::string_view condition) {
    sql += fmt::format("{}{}", sql.empty() ? " WHERE " : " AND ", condition);
  }
  void Add(std::string_view condition, const std::optional<std::string>& value) {
    if (!value) return;
    Add(condition);
    parameters.emplace_back(*value);
  }
  void Add(std::string_view condition, std::optional<std::int64_t> value) {
    if (!value) return;
    Add(condition);
    parameters.emplace_back(*value);
  }
  void Bind(Statement& statement) const {
    for (const auto& parameter : parameters) {
      if (const auto* text = std::get_if<std::string>(&parameter)) {
        statement.Bind(std::string_view(*text));
      } else {
        statement.Bind(std::get<std::int64_t>(parameter));
      }
    }
  }
};

Conditions ConditionsOf(const RowQuery& query) {
  const auto us = [](const std::optional<WallTime>& time) {
    return time ? std::optional(time->unix_us) : std::nullopt;
  };
  Conditions c;
  c.Add("r.model = ?", query.model);
  c.Add("r.chip = ?", query.chip);
  c.Add("r.engine = ?", query.engine);
  c.Add("r.precision_name = ?", query.precision);
  c.Add("r.speculative = ?", query.speculative);
  c.Add("r.import_id = ?", query.import_id);
  c.Add("r.measured_us >= ?", us(query.measured_from));
  c.Add("r.measured_us <= ?", us(query.measured_until));
  c.Add(kOfCampaign, query.campaign);
  c.Add("r.known_us <= ?", us(query.known_at));
  constexpr std::string_view kLater =
      "NOT EXISTS (SELECT 1 FROM eval_row AS later WHERE later.supersedes = r.id{})";
  if (query.known_at) {
    c.Add(fmt::format(kLater, " AND later.known_us <= ?"), us(query.known_at));
  } else {
    c.Add(fmt::format(kLater, ""));
  }
  return c;
}

/// Whether the stored row, read by the query of AddEval, says all that `row` says.
bool Says(const Statement& stored, const std::vector<spec::EvalScore>& scores,
          const spec::EvalRow& row, const std::string& deployment) {
  if (stored.Text(3) != deployment) return false;
  if (row.measured.unix_us != 0 && (stored.IsNull(2) || stored.Int(2) != row.measured.unix_us)) {
    return false;
  }
  return std::all_of(row.scores.begin(), row.scores.end(), [&](const spec::EvalScore& score) {
    return std::find(scores.begin(), scores.end(), score) != scores.end();
  });
}

/// Of every deployment, task and concurrency the one measured last. REQUIRES: by time.
void KeepLatest(std::vector<ArchivedEval>& evals) {
  std::map<std::tuple<std::string, std::string, std::int64_t>, std::size_t> last;
  const auto load = [](const spec::EvalRow& row) {
    return std::tuple(DumpText(spec::ToJson(row.deployment)), row.task, row.concurrency);
  };
  for (std::size_t i = 0; i < evals.size(); ++i) last[load(evals[i].row)] = i;
  std::vector<ArchivedEval> kept;
  for (std::size_t i = 0; i < evals.size(); ++i) {
    if (last[load(evals[i].row)] == i) kept.push_back(std::move(evals[i]));
  }
  evals = std::move(kept);
}

}  // namespace

Result<> SqlArchive::AddEvals(std::span<const spec::EvalRow> rows) {
  RS_CHECK(open_ != nullptr);
  for (const spec::EvalRow& row : rows) RS_RETURN_IF_ERROR(AddEval(row));
  return {};
}

Result<> SqlArchive::AddEval(const spec::EvalRow& row) {
  ImportCounts& counts = open_->counts;
  const Digest128 key = Sha256First128(row.origin.format + '\0' + row.origin.key);
  RS_RETURN_IF_ERROR(Join(key));
  const std::string deployment = DumpText(spec::ToJson(row.deployment));
  std::optional<std::int64_t> before;
  std::int64_t revision = 1;
  {
    RS_ASSIGN_OR_RETURN(
        Statement query,
        database_->Prepare("SELECT id, revision, measured_us, deployment_json FROM eval_row "
                           "WHERE key_high = ? AND key_low = ? ORDER BY revision DESC"));
    query.Bind(key.high).Bind(key.low);
    while (true) {
      RS_ASSIGN_OR_RETURN(const bool next, query.Step());
      if (!next) break;
      if (!before) {
        before = query.Int(0);
        revision = query.Int(1) + 1;
      }
      RS_ASSIGN_OR_RETURN(const std::vector<spec::EvalScore> scores, Scores(query.Int(0)));
      if (!Says(query, scores, row, deployment)) continue;
      ++counts.known;
      return {};
    }
  }
  ++(before ? counts.newer : counts.added);
  ++counts.evals;
  CountCorrections(row.corrections, counts);
  const std::int64_t id = open_->next_eval++;
  RS_ASSIGN_OR_RETURN(
      Statement insert,
      database_->Prepare("INSERT INTO eval_row (id, key_high, key_low, revision, supersedes, "
                         "import_id, known_us, measured_us, day_only, model, chip, chips, engine, "
                         "precision_name, speculative, task, harness, concurrency, place, "
                         "text_offset, text_bytes, url, deployment_json, corrections_json, "
                         "facts_json) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                         "?, ?, ?, ?, ?, ?, ?, ?)"));
  insert.Bind(id).Bind(key.high).Bind(key.low).Bind(revision).Bind(before);
  insert.Bind(open_->id).Bind(open_->header.known.unix_us);
  BindTime(insert, row.measured);
  insert.Bind(std::int64_t{row.day_only ? 1 : 0});
  const spec::Deployment& d = row.deployment;
  insert.Bind(std::string_view(d.model)).Bind(std::string_view(d.chip)).Bind(spec::ChipCount(d));
  for (const std::string* text :
       {&d.engine, &d.precision, &d.speculative, &row.task, &row.harness}) {
    insert.Bind(std::string_view(*text));
  }
  insert.Bind(row.concurrency).Bind(row.origin.place).Bind(row.origin.offset);
  insert.Bind(row.origin.bytes).Bind(std::string_view(row.origin.url));
  insert.Bind(std::string_view(deployment));
  BindText(insert, CorrectionsText(row.corrections));
  BindText(insert, FactsText(row.facts));
  RS_RETURN_IF_ERROR(insert.Run());
  return AddScores(id, row);
}

Result<> SqlArchive::AddScores(std::int64_t id, const spec::EvalRow& row) {
  RS_ASSIGN_OR_RETURN(Statement insert,
                      database_->Prepare("INSERT INTO eval_score (eval_id, measure, score, error, "
                                         "questions, score_low, score_high) "
                                         "VALUES (?, ?, ?, ?, ?, ?, ?)"));
  for (const spec::EvalScore& score : row.scores) {
    insert.Bind(id).Bind(std::string_view(score.measure)).Bind(score.score).Bind(score.error);
    insert.Bind(score.questions);
    insert.Bind(score.interval ? std::optional(score.interval->low) : std::nullopt);
    insert.Bind(score.interval ? std::optional(score.interval->high) : std::nullopt);
    RS_RETURN_IF_ERROR(insert.Run());
  }
  return {};
}

Result<std::vector<spec::EvalScore>> SqlArchive::Scores(std::int64_t id) {
  RS_ASSIGN_OR_RETURN(
      Statement query,
      database_->Prepare("SELECT measure, score, error, questions, score_low, score_high "
                         "FROM eval_score WHERE eval_id = ? ORDER BY measure"));
  query.Bind(id);
  std::vector<spec::EvalScore> scores;
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return scores;
    spec::EvalScore& score = scores.emplace_back();
    score.measure = query.Text(0);
    score.score = query.Double(1);
    if (!query.IsNull(2)) score.error = query.Double(2);
    if (!query.IsNull(3)) score.questions = query.Int(3);
    if (!query.IsNull(4)) score.interval = spec::ScoreInterval{query.Double(4), query.Double(5)};
  }
}

Result<std::vector<ArchivedEval>> SqlArchive::Evals(const RowQuery& query) {
  RS_ASSIGN_OR_RETURN(const Transaction view, Transaction::Read(*database_));
  const Conditions conditions = ConditionsOf(query);
  RS_ASSIGN_OR_RETURN(
      Statement rows,
      database_->Prepare(
          "SELECT r.id, r.import_id, r.revision, r.known_us, r.measured_us, r.day_only, r.task, "
          "r.harness, r.concurrency, r.place, r.text_offset, r.text_bytes, r.url, "
          "r.deployment_json, r.corrections_json, r.facts_json, i.format, i.source, r.key_high, "
          "r.key_low FROM eval_row AS r JOIN import AS i ON i.id = r.import_id" +
          conditions.sql + " ORDER BY r.model, r.task, r.chip, COALESCE(r.measured_us, 0), r.id"));
  conditions.Bind(rows);
  std::vector<ArchivedEval> found;
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool next, rows.Step());
    if (!next) break;
    ArchivedEval& eval = found.emplace_back();
    eval.id = rows.Int(0);
    eval.import_id = rows.Int(1);
    eval.revision = rows.Int(2);
    eval.known = WallTime{rows.Int(3)};
    spec::EvalRow& row = eval.row;
    if (!rows.IsNull(4)) row.measured = WallTime{rows.Int(4)};
    row.day_only = rows.Int(5) != 0;
    row.task = rows.Text(6);
    row.harness = rows.Text(7);
    row.concurrency = rows.Int(8);
    row.origin = {
        rows.Text(16), rows.Text(17), rows.Text(12), KeyText({rows.Int(18), rows.Int(19)}),
        rows.Int(9),   rows.Int(10),  rows.Int(11)};
    RS_ASSIGN_OR_RETURN(row.deployment, DeploymentOf(rows.Text(13)));
    RS_ASSIGN_OR_RETURN(row.corrections, CorrectionsOf(rows.Text(14)));
    RS_ASSIGN_OR_RETURN(row.facts, FactsOf(rows.Text(15)));
    RS_ASSIGN_OR_RETURN(row.scores, Scores(eval.id));
  }
  if (query.latest) KeepLatest(found);
  if (query.limit) found.resize(std::min(found.size(), static_cast<std::size_t>(*query.limit)));
  return found;
}

}  // namespace roofscape::store
