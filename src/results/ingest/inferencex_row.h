// A row of the archive from a row of InferenceX: names as the catalog has them, chips counted as
// devices, rates over all of them, energy over the whole deployment.
//
// Private to ingest. Thread safety: pure but for the memory of names.

#pragma once

#include <variant>

#include "results/ingest/batches.h"
#include "results/ingest/inferencex_record.h"
#include "results/ingest/ingest.h"
#include "results/ingest/names.h"

namespace roofscape::ingest::inferencex {

/// The row, or why there is none. Takes the record's corrections.
std::variant<spec::Row, Problem> MakeRow(Record& record, const RowText& text, const Source& source,
                                         Names& names);

}  // namespace roofscape::ingest::inferencex
