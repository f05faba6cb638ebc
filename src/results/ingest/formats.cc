#include <array>
#include <vector>

#include "base/core/names.h"
#include "results/ingest/inferencex.h"
#include "results/ingest/ingest.h"

namespace roofscape::ingest {
namespace {

constexpr auto kFormats = std::to_array<Format>({
    {"inferencex", "InferenceX: artifacts, API answers, database dumps, its client's JSON",
     ReadInferencex},
});

}  // namespace

std::span<const Format> AllFormats() { return kFormats; }

Result<const Format*> FindFormat(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Format& format : kFormats) {
    if (format.name == name) return &format;
    names.push_back(format.name);
  }
  return Error{ErrorCode::kInvalidArgument, "format " + UnknownName(name, names)};
}

}  // namespace roofscape::ingest
