// Asks a server, before anything is measured, what it is and what it understands: its models, its
// engine, token ids or text, exact output lengths, tokens of each chunk. What is wrong with the
// server or the address comes out here, as one clear error, and not as a thousand failed requests.
//
// Sends a handful of small requests, one after the other. Thread safety: each call is on its own.

#pragma once

#include <atomic>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/net/url.h"
#include "domain/spec/plan.h"
#include "measure/load/dialect.h"
#include "measure/load/request_writer.h"

namespace roofscape::load {

/// `stop` set to true gives up with kCancelled. Errors name the URL and end with the cure:
/// unreachable, 401, 404, 429, 5xx, not JSON, HTML, a model the server does not know, a stream that
/// cannot be read.
Result<Dialect> ProbeServer(const spec::Plan& plan, const net::Url& url, const Headers& headers,
                            const Clock& clock, const std::atomic<bool>* stop = nullptr);

}  // namespace roofscape::load
