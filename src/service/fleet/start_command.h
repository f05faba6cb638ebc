// The command line that starts the server of a deployment: the plan's own, or made from the flags
// that the engine's file in the catalog lists; in a container where the plan says so. Nothing here
// knows an engine.
//
// Thread safety: pure functions.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "domain/catalog/catalog.h"
#include "domain/catalog/serve.h"
#include "service/fleet/plan.h"

namespace roofscape::fleet {

/// What the catalog says of engines.
struct KnownEngines {
  catalog::Catalog catalog;
  std::map<std::string, catalog::Serve> serving;  // By the engine's id.
};

/// How a server is started and watched, for /bin/sh. {port}, {host} and {name} are still to be
/// filled in, by FillIn(), when it starts.
struct ServerStart {
  std::string command;
  std::string image;   // Of the pod that the executor makes; empty: none is wanted.
  std::string remove;  // Ends what the container's runtime still has of {name}; empty: nothing.
  std::map<std::string, std::string> env;
  std::string health;
  double start_timeout_s = 1800;
  std::vector<catalog::KnownFailure> failures;

  friend bool operator==(const ServerStart&, const ServerStart&) = default;
};

/// `words`: values of axes, which stand in the texts as {axis}. Errors name the deployment.
Result<ServerStart> ServerStartOf(const spec::Deployment& deployment, const Launch& launch,
                                  const std::map<std::string, std::string>& words,
                                  const KnownEngines& engines);

/// The command that prints the engine's version; empty where nothing tells.
std::string VersionCommandOf(const spec::Deployment& deployment, const Launch& launch,
                             const KnownEngines& engines);

/// Every {word} of the text that is known, replaced; other braces stay, since JSON in a command
/// line has them.
std::string FillIn(std::string_view text, const std::map<std::string, std::string>& words);

}  // namespace roofscape::fleet
