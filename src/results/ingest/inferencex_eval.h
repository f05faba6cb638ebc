// Evals of InferenceX: rows of its evaluations API, of eval_results in its database and of
// agg_eval_all.json. And its files that hold no points at all, which are kept whole.
//
// Private to ingest. Thread safety: pure but for the memory of names.

#pragma once

#include <string_view>
#include <variant>

#include "domain/spec/eval_row.h"
#include "results/ingest/batches.h"
#include "results/ingest/inferencex_record.h"
#include "results/ingest/ingest.h"
#include "results/ingest/names.h"

namespace roofscape::ingest::inferencex {

/// The row, or why there is none. `text` holds the scores, the record what is read of all rows;
/// takes its corrections.
///
/// Their API calls nearly every row disaggregated. An engine that is not, on one node, with two
/// roles alike and no second worker, is one deployment published twice, as the same configurations
/// among their benchmarks show; it is put right with a note.
std::variant<spec::EvalRow, Problem> MakeEval(Record& record, const RowText& text,
                                              const Source& source, Names& names);

/// Why a file that InferenceX publishes holds neither points nor evals: its counts of successful
/// jobs, its list of what was measured. Code "": it is another file.
Problem HoldsNoPoints(std::string_view text);

}  // namespace roofscape::ingest::inferencex
