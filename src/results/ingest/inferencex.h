// Results of InferenceX: artifacts of versions 1 to 3, answers of its API, dumps of its database,
// and the JSON of its client.
//
// Private to ingest. Thread safety: pure functions.

#pragma once

#include <string_view>

#include "base/core/result.h"
#include "results/ingest/ingest.h"

namespace roofscape::ingest {

Result<> ReadInferencex(std::string_view text, const Source& source, const Take& take);

}  // namespace roofscape::ingest
