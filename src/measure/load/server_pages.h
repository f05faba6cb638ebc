// What a server tells beside the API: its models, its name and version, its counters. Small
// blocking requests, each on a connection of its own; never while something is measured.
//
// Thread safety: const, may be shared.

#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/core/json.h"
#include "base/core/result.h"
#include "base/net/fetch.h"
#include "base/net/url.h"
#include "domain/spec/plan.h"
#include "measure/load/dialect.h"
#include "measure/load/request_writer.h"

namespace roofscape::load {

class ServerPages {
 public:
  /// All must outlive it. `stop` set to true gives up with kCancelled.
  ServerPages(const spec::Plan& plan, const net::Url& url, const Headers& headers,
              const Clock& clock, const std::atomic<bool>* stop)
      : plan_(plan), url_(url), headers_(headers), clock_(clock), stop_(stop) {}

  Result<net::HttpResponse> Get(std::string_view path) const { return Ask(path, ""); }
  /// POST of a JSON body where there is one.
  Result<net::HttpResponse> Ask(std::string_view path, const std::string& body) const;

  /// JSON of a page, or a discarded value when the server has nothing there.
  Json TryJson(std::string_view path, const std::string& body = "") const;

  /// The server's origin with that path, for messages.
  std::string Where(std::string_view path) const;

 private:
  const spec::Plan& plan_;
  const net::Url& url_;
  const Headers& headers_;
  const Clock& clock_;
  const std::atomic<bool>* stop_;
};

/// Finds the model to ask for and who the server is: sets model, engine, facts and notes of
/// `dialect`. An error is a server without the model, or no such server.
Result<> FindServer(const ServerPages& pages, const std::string& wanted_model, Dialect& dialect);

/// Requests that the server works on now, by its own counter; missing where it tells none. `model`
/// is of no account: a server that serves several counts them together.
std::optional<double> RunningRequests(const ServerPages& pages, EngineKind engine);

/// The text at a JSON pointer, or empty.
std::string TextAt(const Json& json, const char* pointer);

}  // namespace roofscape::load
