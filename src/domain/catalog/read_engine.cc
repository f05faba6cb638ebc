#include "domain/catalog/read.h"

namespace roofscape::catalog {

Result<Engine> ReadEngine(const Document& document) {
  Engine engine;
  ObjectReader reader(document);
  engine.entry = ReadEntry(reader, document);
  reader.Optional("maker", engine.maker);
  engine.kind = "engine";
  ReadChoice(reader, "kind", {"engine", "orchestrator"}, engine.kind);
  for (ObjectReader& child : reader.Children("variant")) {
    EngineVariant variant;
    child.Required("name", variant.name);
    child.Optional("orchestrator", variant.orchestrator);
    child.Optional("disaggregated", variant.disaggregated);
    reader.Merge(child);
    engine.variants.push_back(std::move(variant));
  }
  for (ObjectReader& child : reader.Children("memory_share")) {
    MemoryShare share;
    std::string source;
    child.Required("fraction", share.fraction);
    if (!child.Has("of")) child.Fail("of", "is missing: 'all' or 'free'");
    ReadChoice(child, "of", {"all", "free"}, share.of);
    child.Optional("from_version", share.from_version);
    child.Optional("to_version", share.to_version);
    child.Optional("source", source);
    reader.Merge(child);
    engine.memory_shares.push_back(std::move(share));
  }
  RS_RETURN_IF_ERROR(reader.Finish());
  return engine;
}

}  // namespace roofscape::catalog
