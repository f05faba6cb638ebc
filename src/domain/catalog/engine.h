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

/// One flag of a server, or one line of its file of options: what is written for a setting of a
/// deployment. docs/reference/catalog.md lists the settings.
struct LaunchFlag {
  std::string of;      // The setting: "group", "copies", "sequences".
  std::string write;   // "--tensor-parallel-size {}": {} is the setting's number.
  double above = 0.0;  // Written where the number is larger.
  bool in_file = false;

  friend bool operator==(const LaunchFlag&, const LaunchFlag&) = default;
};

/// How a server is started, and which layouts it offers.
struct Launch {
  std::string command;              // "vllm serve {model}"
  std::string file;                 // Of options: its name; empty: there is none.
  std::string file_flag;            // "--extra_llm_api_options {}"
  std::string router;               // What goes in front of prefill and decode workers.
  std::string experts = "any";      // "all": spread over all chips of a stage, or over none.
  std::string copies = "any";       // Of attention, the same.
  std::vector<std::string> makers;  // Of chips that it runs on; empty: not told.
  std::vector<LaunchFlag> flags;

  friend bool operator==(const Launch&, const Launch&) = default;
};

struct Engine {
  Entry entry;
  std::string maker;
  std::string kind;  // "engine", or "orchestrator" in front of engines
  std::vector<EngineVariant> variants;
  std::vector<MemoryShare> memory_shares;
  std::optional<Launch> launch;

  friend bool operator==(const Engine&, const Engine&) = default;
};

}  // namespace roofscape::catalog
