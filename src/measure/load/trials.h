// One small request sent to see how a server answers: used by the probe, never measured.
//
// Thread safety: each call is on its own.

#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/net/url.h"
#include "domain/spec/plan.h"
#include "measure/load/dialect.h"
#include "measure/load/openai_request.h"
#include "measure/load/openai_stream.h"

namespace roofscape::load {

/// What came back from a trial. `status` other than 200: `message` says why.
struct Trial {
  int status = 0;
  std::string message;
  Usage usage;
  std::int64_t token_events = 0;
};

struct TrialSpec {
  Prompt prompt;
  std::int64_t output_tokens = 1;
  const std::atomic<bool>* stop = nullptr;
};

/// Sends one streamed request in the given dialect. Errors: no answer, no event stream, an error
/// inside the stream.
Result<Trial> SendTrial(const spec::Plan& plan, const net::Url& url, const Headers& headers,
                        const Dialect& dialect, const TrialSpec& trial, const Clock& clock);

/// A message with the cure for an HTTP status that is not 2xx.
Error StatusError(const std::string& where, int status, const std::string& message);

}  // namespace roofscape::load
