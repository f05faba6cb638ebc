// How a row is named in tables of 80 columns.
//
// Thread safety: pure functions.

#pragma once

#include <string>
#include <vector>

#include "cli/table.h"
#include "domain/analysis/curve.h"

namespace roofscape::cli {

/// Columns for what served: chip, engine, precision, speculative decoding.
std::vector<Column> SystemColumns();
/// Their cells; '-' where nothing is known.
std::vector<std::string> SystemCells(const std::string& chip, const std::string& engine,
                                     const std::string& precision, const std::string& speculative);
std::vector<std::string> SystemCells(const spec::Deployment& deployment);

/// What the rows of a table share: "deepseek-v3, 8192*0.8/1024*0.8, inferencex, whole window".
std::string SharedName(const std::string& model, const analysis::RowSeriesKey& key);

/// The last part of a run's address that tells it apart, "27213443242/2", or its id.
std::string ShortRun(const std::string& run);

}  // namespace roofscape::cli
