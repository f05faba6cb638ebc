#include "domain/catalog/entry.h"

#include <algorithm>

#include "base/core/check.h"

namespace roofscape::catalog {

std::string_view Name(Confidence confidence) {
  switch (confidence) {
    case Confidence::kLow: return "low";
    case Confidence::kMedium: return "medium";
    case Confidence::kHigh: return "high";
  }
  RS_CHECK(false);
  return "";
}

const Source* Entry::FindSource(std::string_view source_id) const {
  const auto found = std::find_if(sources.begin(), sources.end(),
                                  [&](const Source& source) { return source.id == source_id; });
  return found == sources.end() ? nullptr : &*found;
}

const Source* Entry::SourceOf(std::string_view field) const {
  const auto found = std::find_if(facts.begin(), facts.end(),
                                  [&](const Fact& fact) { return fact.field == field; });
  return found == facts.end() ? nullptr : FindSource(found->source);
}

}  // namespace roofscape::catalog
