// Work for several threads, for rooms that start none themselves.
//
// Thread safety: what it makes may be used by one thread at a time.

#pragma once

#include <atomic>

#include "model/codesign/search.h"

namespace roofscape::study {

/// Runs work on so many threads, the caller's own among them, and joins them. Once `stop` is set
/// nothing more is done: what comes out then means nothing. Null: never.
codesign::ParallelFor OnThreads(unsigned threads, const std::atomic<bool>* stop = nullptr);

}  // namespace roofscape::study
