// How an engine's server is run by `sweep`: where it listens, when it is ready, how it fails. It
// stands in the engine's file, table [serve].
//
// Thread safety: plain values; pure functions.

#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/core/document.h"
#include "base/core/result.h"
#include "domain/catalog/catalog.h"

namespace roofscape::catalog {

/// What a server's log says when it fails in a known way.
struct KnownFailure {
  std::string log;   // A part of a line, in any case.
  std::string kind;  // docs/reference/sweep.md lists them: "memory", "model", "port", ...
  std::string cure;  // What to do, for a person.

  friend bool operator==(const KnownFailure&, const KnownFailure&) = default;
};

struct Serve {
  std::string command;  // "llama-server --model {model}"; empty: that of Launch.
  std::string listen;   // "--host {host} --port {port}"
  std::string health;   // The path that answers 200 once it can serve.
  std::string version;  // A command that prints the version; empty: not known.
  std::vector<KnownFailure> failures;

  friend bool operator==(const Serve&, const Serve&) = default;
};

Serve ReadServe(ObjectReader& reader);

/// By the engines' ids. Errors: the first file that cannot be read.
Result<std::map<std::string, Serve>> ParseServing(std::span<const CatalogFile> files);

}  // namespace roofscape::catalog
