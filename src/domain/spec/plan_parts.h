// The parts of a plan's document by themselves, for documents that hold more than a plan.
//
// Thread safety: pure functions.

#pragma once

#include "base/core/document.h"
#include "base/core/json.h"
#include "domain/spec/plan.h"

namespace roofscape::spec {

Json ToJson(const Load& load);
Json ToJson(const Timeouts& timeouts);
Json ToJson(const ClientSettings& client);
Load ReadLoad(ObjectReader& reader);
Timeouts ReadTimeouts(ObjectReader& reader);
ClientSettings ReadClient(ObjectReader& reader);

}  // namespace roofscape::spec
