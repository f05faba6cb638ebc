// The only part of the API that changes anything: runs are started by POST /api/v1/queue and taken
// off by DELETE /api/v1/queue/{id}. Whoever may read may not do that: it takes --allow-runs, a
// token on every address, and a request that no other site's page can make a browser send.
//
// Thread safety: any thread.

#pragma once

#include <string_view>

#include "base/net/http_request_parser.h"
#include "service/api/api.h"
#include "service/api/bench_desk.h"
#include "service/api/store_access.h"
#include "service/api/token.h"
#include "service/api/views.h"

namespace roofscape::api {

/// Whether a path is one that takes other methods than GET and HEAD.
bool IsQueue(std::string_view path);

/// Why a request that would change something may not, or null. `desk`: null without --allow-runs.
/// A refusal with status 401 is for want of the right token. REQUIRES: IsQueue(its path); it is
/// neither GET nor HEAD, and may read.
BodyPtr ChangeRefusal(const net::HttpRequestHead& head, const BenchDesk* desk,
                      const Tokens& tokens);

/// Does it. REQUIRES: ChangeRefusal found nothing.
BodyPtr Change(const net::HttpRequestHead& head, std::string_view body, BenchDesk& desk);

/// The entries, each with the run in the store that became of it.
Json QueueJson(const ViewInput& input, const std::vector<store::RunSummary>& runs);
Result<Json> QueueView(const ViewInput& input, StoreAccess& store);
Result<Json> QueueEntryView(const ViewInput& input, StoreAccess& store, std::string_view id);

}  // namespace roofscape::api
