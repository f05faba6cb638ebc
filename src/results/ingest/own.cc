// Our own runs, as `bench --json` and `show --json` print them: a row a point.

#include <utility>

#include "domain/spec/run_result.h"
#include "results/ingest/tools.h"

namespace roofscape::ingest {

Result<> ReadOwn(std::string_view text, const Source& source, const Take& take) {
  RS_RETURN_IF_ERROR(CheckBegin(text, source, "runs of roofscape as JSON"));
  Batches batches(take);
  JsonRows rows(text);
  while (const auto next = rows.Next()) {
    const auto document = ParseJson(next->text, source.name);
    if (!document) {
      RS_RETURN_IF_ERROR(batches.Add(*next, {"broken_json", document.error().message}));
      continue;
    }
    const auto run = spec::RunFromDocument(*document);
    if (!run) {
      RS_RETURN_IF_ERROR(batches.Add(*next, {"not_a_run", run.error().message}));
      continue;
    }
    if (run->points.empty()) {
      RS_RETURN_IF_ERROR(batches.Add(*next, {"no_points", "the run has no points"}));
    }
    for (spec::Row& row : spec::RowsOf(*run)) {
      row.origin.offset = next->offset;
      row.origin.bytes = static_cast<std::int64_t>(next->text.size());
      RS_RETURN_IF_ERROR(batches.Add(std::move(row)));
    }
  }
  return Finish(rows, source, batches);
}

}  // namespace roofscape::ingest
