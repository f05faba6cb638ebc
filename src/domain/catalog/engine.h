// A serving engine, and the names under which results of it appear.
//
// Thread safety: plain values.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/catalog/entry.h"

namespace roofscape::catalog {

/// A name that other data use for this engine in a certain setting: "dynamo-sglang".
struct EngineVariant {
  std::string name;
  std::string orchestrator;  // The id of the engine in front, or empty.
  bool disaggregated = false;

  friend bool operator==(const EngineVariant&, const EngineVariant&) = default;
};

/// The share of memory that the engine takes for weights and KV cache unless told otherwise.
struct MemoryShare {
  double fraction = 0.0;
  std::string of;                        // "all", or "free" after the weights are loaded
  std::string from_version, to_version;  // Inclusive; empty: open.

  friend bool operator==(const MemoryShare&, const MemoryShare&) = default;
};

struct Engine {
  Entry entry;
  std::string maker;
  std::string kind;  // "engine", or "orchestrator" in front of engines
  std::vector<EngineVariant> variants;
  std::vector<MemoryShare> memory_shares;

  friend bool operator==(const Engine&, const Engine&) = default;
};

}  // namespace roofscape::catalog
