#include "domain/catalog/entry_json.h"

#include <nlohmann/json.hpp>

namespace roofscape::catalog {

Json EntryJson(const Found& found, bool sources) {
  const Entry& entry = *found.entry;
  Json out = {{"kind", found.kind},
              {"id", entry.id},
              {"name", entry.name},
              {"aliases", entry.aliases},
              {"file", entry.file},
              {"collected", entry.collected ? Json(entry.collected->ToIso()) : Json(nullptr)},
              {"note", entry.note},
              {"values", Json::object()}};
  for (const Fact& fact : entry.facts) {
    out["values"][fact.field] = Json::parse(fact.value, nullptr, false);
  }
  if (!sources) return out;
  out["sources"] = Json::object();
  for (const Source& source : entry.sources) {
    out["sources"][source.id] = {
        {"text", source.text},
        {"date", source.date ? Json(source.date->ToIso()) : Json(nullptr)},
        {"confidence", source.confidence ? Json(Name(*source.confidence)) : Json(nullptr)}};
    if (!source.harness.empty()) out["sources"][source.id]["harness"] = source.harness;
  }
  out["source_of"] = Json::object();
  for (const Fact& fact : entry.facts) {
    if (fact.number) out["source_of"][fact.field] = fact.source;
  }
  return out;
}

}  // namespace roofscape::catalog
