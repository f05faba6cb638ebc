// The names under which others publish chips, models and engines, as the catalog calls them. A
// lookup in the catalog compares many names; files say the same few again and again, so each is
// looked up once.
//
// Private to ingest. REQUIRES: the catalog outlives it. Thread safety: belongs to one thread.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "domain/catalog/catalog.h"

namespace roofscape::ingest {

/// An engine by the name of a variant says more than which engine it is: "dynamo-sglang".
struct EngineName {
  std::string id;  // Of the catalog; of an engine that it does not know, the name as published.
  std::string orchestrator;
  bool disaggregated = false;
  bool known = false;
};

class Names {
 public:
  explicit Names(const catalog::Catalog* catalog) : catalog_(catalog) {}

  /// A chip by a name of InferenceX, in which pools and runners may stand behind it:
  /// "b200-dgxc-slurm", "b200-nv_3". Nothing: the catalog does not know it.
  const std::optional<std::string>& Chip(std::string_view name);
  /// A model by any of its names, with a precision behind it or a folder in front of it.
  const std::optional<std::string>& Model(std::string_view name);
  const EngineName& Engine(std::string_view name);

  /// What the catalog says of an unknown name, with its suggestion.
  std::string WhyNoChip(std::string_view name) const;
  std::string WhyNoModel(std::string_view name) const;

 private:
  template <class T>
  using Cache = std::unordered_map<std::string, T>;

  const catalog::Catalog* catalog_;
  Cache<std::optional<std::string>> chips_;
  Cache<std::optional<std::string>> models_;
  Cache<EngineName> engines_;
  std::string key_;
};

}  // namespace roofscape::ingest
