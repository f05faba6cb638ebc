#include "domain/catalog/read.h"
#include "domain/catalog/serve.h"

namespace roofscape::catalog {
namespace {

EngineVariant ReadVariant(ObjectReader& reader) {
  EngineVariant variant;
  reader.Required("name", variant.name);
  reader.Optional("orchestrator", variant.orchestrator);
  reader.Optional("disaggregated", variant.disaggregated);
  return variant;
}

MemoryShare ReadMemoryShare(ObjectReader& reader) {
  MemoryShare share;
  std::string source;
  reader.Required("fraction", share.fraction);
  if (!reader.Has("of")) reader.Fail("of", "is missing: 'all' or 'free'");
  ReadChoice(reader, "of", {"all", "free"}, share.of);
  reader.Optional("from_version", share.from_version);
  reader.Optional("to_version", share.to_version);
  reader.Optional("source", source);
  return share;
}

LaunchFlag ReadFlag(ObjectReader& reader) {
  LaunchFlag flag;
  reader.Required("of", flag.of);
  reader.Required("write", flag.write);
  reader.Optional("above", flag.above);
  reader.Optional("in_file", flag.in_file);
  return flag;
}

Launch ReadLaunch(ObjectReader& reader) {
  Launch launch;
  reader.Required("command", launch.command);
  reader.Optional("file", launch.file);
  reader.Optional("file_flag", launch.file_flag);
  reader.Optional("router", launch.router);
  ReadChoice(reader, "experts", {"any", "all"}, launch.experts);
  ReadChoice(reader, "copies", {"any", "all"}, launch.copies);
  reader.Optional("makers", launch.makers);
  launch.flags = reader.ReadEach("flag", ReadFlag);
  return launch;
}

}  // namespace

Result<Engine> ReadEngine(const Document& document) {
  Engine engine;
  ObjectReader reader(document);
  engine.entry = ReadEntry(reader, document);
  reader.Optional("maker", engine.maker);
  engine.kind = "engine";
  ReadChoice(reader, "kind", {"engine", "orchestrator"}, engine.kind);
  engine.variants = reader.ReadEach("variant", ReadVariant);
  engine.memory_shares = reader.ReadEach("memory_share", ReadMemoryShare);
  reader.ReadInside("launch", [&](ObjectReader& inside) { engine.launch = ReadLaunch(inside); });
  // Kept by ParseServing, for the one who needs it; here its errors are found.
  reader.ReadInside("serve", [&](ObjectReader& inside) { ReadServe(inside); });
  RS_RETURN_IF_ERROR(reader.Finish());
  return engine;
}

}  // namespace roofscape::catalog
