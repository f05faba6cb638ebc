// Rows sorted by what served them, for a table each.
//
// Thread safety: pure functions.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "domain/spec/row.h"

namespace roofscape::cli {

/// Rows that agree in the fields asked for; `name` says in what: "b200-sxm, sglang".
struct RowGroup {
  std::string name;
  std::vector<spec::Row> rows;
};

/// kInvalidArgument for a field that is none of GroupNames().
Result<> CheckGroupNames(std::span<const std::string> fields);

/// In order of first appearance; one group without a name where no field is asked for.
/// REQUIRES: CheckGroupNames accepts the fields.
std::vector<RowGroup> GroupBy(std::vector<spec::Row> rows, std::span<const std::string> fields);

/// "chip, engine, model, precision, speculative".
std::string GroupNames();

}  // namespace roofscape::cli
