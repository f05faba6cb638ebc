#include "results/ingest/inferencex.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "results/ingest/batches.h"
#include "results/ingest/inferencex_eval.h"
#include "results/ingest/inferencex_record.h"
#include "results/ingest/inferencex_row.h"
#include "results/ingest/json_rows.h"
#include "results/ingest/names.h"
#include "results/ingest/tools.h"

namespace roofscape::ingest {
namespace {

using inferencex::Record;
using inferencex::RecordReader;

/// A table of the database by the id of its rows.
using Table = std::map<std::string, std::string_view, std::less<>>;

/// The client's own file says nothing of what served.
bool IsClient(const Record& record, std::string_view text) {
  return record.at(inferencex::Text::kHardware).empty() && MemberOf(text, "model_id");
}

/// A row with scores in place of rates.
bool IsEval(const Record& record, std::string_view text) {
  return !record.has(inferencex::Rate::kTotalPerChip) && !record.has(inferencex::Rate::kTotal) &&
         MemberOf(text, "task");
}

std::variant<spec::Row, Problem> ClientRow(const RowText& text, const Source& source) {
  const Json json = Json::parse(WithoutBareNumbers(text.text), nullptr, false);
  if (!json.is_object()) return Problem{"broken_json", "is no JSON"};
  ToolRow row(json, text, source, "inferencex");
  ReadVllmFamily(row);
  return row.Finish();
}

/// An id as it stands, without the quotes that it may have.
std::string IdOf(std::string_view row, std::string_view name) {
  const auto member = MemberOf(row, name);
  if (!member) return {};
  std::string_view id = member->text;
  if (id.size() >= 2 && id.front() == '"') id = id.substr(1, id.size() - 2);
  return std::string(id);
}

Table TableOf(std::string_view text, std::string_view name) {
  Table table;
  const auto member = MemberOf(text, name);
  if (!member) return table;
  JsonRows rows(member->text);
  while (const auto row = rows.Next()) table[IdOf(row->text, "id")] = row->text;
  return table;
}

Result<> ReadRows(std::string_view text, const Source& source, const Take& take) {
  Batches batches(take);
  Names names(source.catalog);
  RecordReader reader;
  Record record;
  JsonRows rows(text);
  std::string plain;
  while (const auto row = rows.Next()) {
    record.Clear();
    reader.Read(row->text, record);
    // Python writes NaN and infinities, which are no JSON; they are missing figures.
    if (record.problem.code == "broken_json" || record.problem.code == "not_a_number") {
      plain = WithoutBareNumbers(row->text);
      if (plain != row->text) {
        record.Clear();
        reader.Read(plain, record);
        record.corrections.push_back({"nan_missing", "metrics", "NaN", ""});
      }
    }
    if (IsClient(record, row->text)) {
      RS_RETURN_IF_ERROR(batches.Add(ClientRow(*row, source), *row));
    } else if (IsEval(record, row->text)) {
      RS_RETURN_IF_ERROR(batches.Add(inferencex::MakeEval(record, *row, source, names), *row));
    } else {
      RS_RETURN_IF_ERROR(batches.Add(inferencex::MakeRow(record, *row, source, names), *row));
    }
  }
  return Finish(rows, source, batches);
}

/// A dump holds results that name their configuration and run by id; put together they are a row
/// of the API. A reader for each, since texts live in the reader's memory.
class Dump {
 public:
  Dump(std::string_view text, const Source& source, const Take& take)
      : source_(source),
        batches_(take),
        names_(source.catalog),
        configs_(TableOf(text, "configs")),
        runs_(TableOf(text, "workflow_runs")) {}

  /// Rows of one table. Their places go on from those of the table before.
  Result<> Read(JsonRows& rows, bool evals) {
    const std::int64_t before = batches_.count();
    while (auto row = rows.Next()) {
      row->place += before;
      record_.Clear();
      const auto config = configs_.find(IdOf(row->text, "config_id"));
      if (config == configs_.end()) {
        RS_RETURN_IF_ERROR(batches_.Add(*row, {"no_config", "config_id: names no row of configs"}));
        continue;
      }
      config_reader_.Read(config->second, record_);
      const auto run = runs_.find(IdOf(row->text, "workflow_run_id"));
      if (run != runs_.end()) run_reader_.Read(run->second, record_);
      reader_.Read(row->text, record_);
      if (evals) {
        RS_RETURN_IF_ERROR(
            batches_.Add(inferencex::MakeEval(record_, *row, source_, names_), *row));
      } else {
        RS_RETURN_IF_ERROR(batches_.Add(inferencex::MakeRow(record_, *row, source_, names_), *row));
      }
    }
    return {};
  }

  Batches& batches() { return batches_; }

 private:
  const Source& source_;
  Batches batches_;
  Names names_;
  const Table configs_;
  const Table runs_;
  RecordReader config_reader_, run_reader_, reader_;
  Record record_;
};

Result<> ReadDump(std::string_view text, const std::optional<RowText>& results,
                  const std::optional<RowText>& evals, const Source& source, const Take& take) {
  Dump dump(text, source, take);
  JsonRows last(evals ? evals->text : results->text, evals ? evals->offset : results->offset);
  if (evals && results) {
    JsonRows rows(results->text, results->offset);
    RS_RETURN_IF_ERROR(dump.Read(rows, false));
  }
  RS_RETURN_IF_ERROR(dump.Read(last, evals.has_value()));
  return Finish(last, source, dump.batches());
}

}  // namespace

Result<> ReadInferencex(std::string_view text, const Source& source, const Take& take) {
  RS_RETURN_IF_ERROR(CheckBegin(text, source, "rows of InferenceX as a JSON list or one object"));
  const auto results = MemberOf(text, "benchmark_results");
  const auto evals = MemberOf(text, "eval_results");
  if (results || evals) return ReadDump(text, results, evals, source, take);
  if (Problem why = inferencex::HoldsNoPoints(text); !why.code.empty()) {
    Batches batches(take);
    RS_RETURN_IF_ERROR(batches.Add(RowText{text, 0, 0}, std::move(why)));
    return batches.Finish();
  }
  return ReadRows(text, source, take);
}

}  // namespace roofscape::ingest
