// Ctrl-C: what runs ends in good order and keeps what it has.
//
// Thread safety: the flag may be read from any thread.

#pragma once

#include <atomic>

namespace roofscape::cli {

/// From now on the first signal to end sets Interrupted() and the third one kills. Not the second:
/// timeout(1) sends each signal twice, to its child and to its group. A closed pipe or a full file
/// limit come back as errors and do not end the process.
void CatchInterrupts();

const std::atomic<bool>& Interrupted();

}  // namespace roofscape::cli
