// Work for several threads, for rooms that start none themselves.
//
// Thread safety: what it makes may be used by one thread at a time.

#pragma once

#include "model/codesign/search.h"

namespace roofscape::study {

/// Runs work on so many threads, the caller's own among them, and joins them.
codesign::ParallelFor OnThreads(unsigned threads);

}  // namespace roofscape::study
