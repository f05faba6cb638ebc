#include "cli/row_groups.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/core/names.h"

namespace roofscape::cli {
namespace {

constexpr std::array<std::string_view, 5> kFields = {"chip", "engine", "model", "precision",
                                                     "speculative"};

std::string FieldOf(const spec::Deployment& d, std::string_view field) {
  const std::array<const std::string*, kFields.size()> values = {&d.chip, &d.engine, &d.model,
                                                                 &d.precision, &d.speculative};
  const auto at = std::find(kFields.begin(), kFields.end(), field) - kFields.begin();
  return *values[static_cast<std::size_t>(at)];
}

}  // namespace

Result<> CheckGroupNames(std::span<const std::string> fields) {
  for (const std::string& field : fields) {
    if (std::find(kFields.begin(), kFields.end(), field) != kFields.end()) continue;
    return Error{ErrorCode::kInvalidArgument, "--by " + UnknownName(field, kFields)};
  }
  return {};
}

std::vector<RowGroup> GroupBy(std::vector<spec::Row> rows, std::span<const std::string> fields) {
  std::vector<RowGroup> groups;
  for (spec::Row& row : rows) {
    std::vector<std::string> parts;
    for (const std::string& field : fields) parts.push_back(FieldOf(row.deployment, field));
    std::string name = fmt::format("{}", fmt::join(parts, ", "));
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const RowGroup& known) { return known.name == name; });
    if (group == groups.end()) group = groups.insert(groups.end(), {std::move(name), {}});
    group->rows.push_back(std::move(row));
  }
  return groups;
}

std::string GroupNames() { return fmt::format("{}", fmt::join(kFields, ", ")); }

}  // namespace roofscape::cli
