#include "cli/twin_options.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "model/perf/coefficients.h"

namespace roofscape::cli {
namespace {

Error Wrong(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

// Tokens of an answer before a fault in its middle.
constexpr std::int64_t kFaultAfter = 8;

Result<twin::DialectName> DialectNameOf(const TwinOptions& options) {
  if (!options.dialect.empty()) {
    const auto& names = twin::kDialectNames;
    const auto found = std::find(names.begin(), names.end(), options.dialect);
    if (found != names.end()) return static_cast<twin::DialectName>(found - names.begin());
    return Wrong(fmt::format("--dialect '{}': there are {}", Printable(options.dialect, 40),
                             fmt::join(names, ", ")));
  }
  switch (perf::EngineClassOf(options.engine)) {
    case perf::EngineClass::kVllm: return twin::DialectName::kVllm;
    case perf::EngineClass::kSglang: return twin::DialectName::kSglang;
    case perf::EngineClass::kTensorRtLlm: return twin::DialectName::kTensorRtLlm;
    default: return twin::DialectName::kOpenAi;
  }
}

/// "KIND:SHARE" or "stall:SHARE:SECONDS". `overload`: the status of a full queue.
Result<twin::Exception> FaultOf(const std::string& text, int overload) {
  const std::vector<std::string> parts = Split(text, ':');
  std::array<double, 2> numbers = {0.0, 5.0};
  bool good = parts.size() == 2 || (parts.size() == 3 && parts[0] == "stall");
  for (std::size_t i = 1; good && i < parts.size(); ++i) {
    const char* end = parts[i].data() + parts[i].size();
    const auto [rest, error] = std::from_chars(parts[i].data(), end, numbers[i - 1]);
    good = error == std::errc() && rest == end && numbers[i - 1] > 0.0 && numbers[i - 1] < 1e6;
  }
  twin::Exception fault;
  twin::Behaviour& b = fault.behaviour;
  if (!good || numbers[0] > 1.0) {
    good = false;
  } else if (parts[0] == "error") {
    b.error_status = 500;
  } else if (parts[0] == "overload") {
    b.error_status = overload;
  } else if (parts[0] == "event") {
    b.error_after = kFaultAfter;
  } else if (parts[0] == "reset") {
    b.reset_after = kFaultAfter;
  } else if (parts[0] == "close") {
    b.close_after = kFaultAfter;
  } else if (parts[0] == "stall") {
    b.stall_after = kFaultAfter;
    b.stall_ms = numbers[1] * 1e3;
  } else {
    good = false;
  }
  if (!good) {
    return Wrong(
        fmt::format("--fault '{}': write KIND:SHARE, e.g. reset:0.01, or "
                    "stall:SHARE:SECONDS; KIND is error, overload, event, reset, close "
                    "or stall, SHARE of all requests in (0, 1]",
                    Printable(text, 40)));
  }
  fault.share = numbers[0];
  return fault;
}

// Beyond this a comparison with a client's figures says nothing about the client.
constexpr double kLateUs = 500;

double Us(std::optional<double> ns) { return ns.value_or(0) / 1e3; }

}  // namespace

Result<twin::Script> LiveScript(const TwinOptions& options) {
  twin::Script script;
  RS_ASSIGN_OR_RETURN(script.dialect, DialectNameOf(options));
  script.model = options.served_model.empty() ? options.model : options.served_model;
  script.seed = options.seed;
  for (const std::string& text : options.faults) {
    RS_ASSIGN_OR_RETURN(const twin::Exception fault,
                        FaultOf(text, twin::DialectOf(script.dialect).overload_status));
    script.exceptions.push_back(fault);
  }
  return script;
}

Result<std::shared_ptr<net::TlsContext>> TwinTls(const TwinOptions& options) {
  if (options.tls_cert.empty() && options.tls_key.empty()) {
    return std::shared_ptr<net::TlsContext>();
  }
  if (options.tls_cert.empty() || options.tls_key.empty()) {
    return Wrong(fmt::format("{} alone: a certificate and its key belong together; give {}, too",
                             options.tls_cert.empty() ? "--tls-key" : "--tls-cert",
                             options.tls_cert.empty() ? "--tls-cert" : "--tls-key"));
  }
  auto context = net::TlsContext::ForServer(options.tls_cert, options.tls_key);
  if (context) return context;
  return Error{context.error().code, "--tls-cert, --tls-key: " + context.error().message};
}

std::string TwinUrl(const TwinOptions& options, std::uint16_t port) {
  const bool bare_v6 =
      options.host.find(':') != std::string::npos && !options.host.starts_with('[');
  return fmt::format("{}://{}:{}", options.tls_cert.empty() ? "http" : "https",
                     bare_v6 ? '[' + options.host + ']' : options.host, port);
}

void PrintTwinSummary(const twin::GoldenStats& stats, bool truth_is_whole, bool json) {
  const double p50_us = Us(stats.late_ns.QuantileNs(0.5));
  const double p99_us = Us(stats.late_ns.QuantileNs(0.99));
  const double max_us = static_cast<double>(stats.late_ns.MaxNs().value_or(0)) / 1e3;
  if (json) {
    const Json object = {{"requests", stats.requests},
                         {"events", stats.events},
                         {"gone", stats.gone},
                         {"late_p50_s", p50_us / 1e6},
                         {"late_p99_s", p99_us / 1e6},
                         {"late_max_s", max_us / 1e6},
                         {"fit_to_compare", p99_us <= kLateUs},
                         {"truth_is_whole", truth_is_whole}};
    fmt::print("{}\n", object.dump(2));
    return;
  }
  fmt::print(
      "{} requests, {} events, {} clients left early; late by p50 {:.1f} us, p99 {:.1f} us, "
      "max {:.1f} us\n",
      WithCommas(stats.requests), WithCommas(stats.events), WithCommas(stats.gone), p50_us, p99_us,
      max_us);
  if (p99_us > kLateUs) {
    fmt::print("late p99 is over {:.0f} us: do not judge a client by this run\n", kLateUs);
  }
}

}  // namespace roofscape::cli
