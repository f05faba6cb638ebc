// The flags of `twin`, and what its two kinds share: how they end, and what they say at the end.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/net/tls_context.h"
#include "cli/simulate_options.h"
#include "service/twin/golden_server.h"
#include "service/twin/script.h"

namespace roofscape::cli {

struct TwinOptions : SimulateOptions {
  std::string script;
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  std::int64_t threads = 1;
  std::vector<std::int64_t> cpus;
  std::string truth;
  bool busy_poll = false;
  std::string tls_cert;
  std::string tls_key;

  // Of a live twin.
  double speed = 1.0;
  std::string served_model;  // Empty: as the catalog names it.
  std::string dialect;       // Empty: the engine's.
  std::vector<std::string> faults;
  std::int64_t answer_tokens = 256;
  std::optional<std::int64_t> max_queue;
};

/// How a live twin answers: dialect, name, faults. Errors name the flag.
Result<twin::Script> LiveScript(const TwinOptions& options);

/// What --tls-cert and --tls-key say; null without them. Errors name the flag.
Result<std::shared_ptr<net::TlsContext>> TwinTls(const TwinOptions& options);

/// "http://127.0.0.1:8080", "https://[::1]:8443".
std::string TwinUrl(const TwinOptions& options, std::uint16_t port);

/// What was served and how late, as text or JSON, on stdout.
void PrintTwinSummary(const twin::GoldenStats& stats, bool truth_is_whole, bool json);

/// A twin that is paced by a simulation, until a signal ends it: an exit status.
int RunLiveTwin(TwinOptions options, const Clock& clock);

}  // namespace roofscape::cli
