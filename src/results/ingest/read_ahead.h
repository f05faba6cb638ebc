// Reading in a thread of its own, while what was read is taken over: an import parses on one core
// and writes on another.
//
// Errors: of the reader, or of `take`, whichever came first in the order of the source.
// Thread safety: reads `source` and its catalog from another thread until it returns.

#pragma once

#include <string_view>

#include "base/core/result.h"
#include "results/ingest/ingest.h"

namespace roofscape::ingest {

/// As format.read(text, source, take). `take` is called on the caller's thread, in the same order;
/// the reader is at most a few batches ahead of it.
Result<> ReadAhead(const Format& format, std::string_view text, const Source& source,
                   const Take& take);

}  // namespace roofscape::ingest
