#include "results/ingest/inferencex.h"

#include <utility>
#include <variant>

#include <fmt/format.h>

#include "results/ingest/batches.h"
#include "results/ingest/inferencex_record.h"
#include "results/ingest/inferencex_row.h"
#include "results/ingest/json_rows.h"
#include "results/ingest/names.h"

namespace roofscape::ingest {
namespace {

using inferencex::Record;
using inferencex::RecordReader;

Result<> AddRow(Record& record, const RowText& text, const Source& source, Names& names,
                Batches& batches) {
  auto made = inferencex::MakeRow(record, text, source, names);
  if (auto* row = std::get_if<spec::Row>(&made)) return batches.Add(std::move(*row));
  return batches.Add(text, std::get<Problem>(std::move(made)));
}

}  // namespace

Result<> ReadInferencex(std::string_view text, const Source& source, const Take& take) {
  RS_RETURN_IF_ERROR(
      CheckBegin(text, source, "rows of InferenceX as a JSON list or one object"));
  Batches batches(take);
  Names names(source.catalog);
  RecordReader reader;
  Record record;
  JsonRows rows(text);
  while (const auto row = rows.Next()) {
    record.Clear();
    reader.Read(row->text, record);
    RS_RETURN_IF_ERROR(AddRow(record, *row, source, names, batches));
  }
  return Finish(rows, source, batches);
}

}  // namespace roofscape::ingest
