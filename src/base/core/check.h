// Programmer mistakes abort, in release builds too: a benchmark that prints a wrong number is worse
// than one that stops. For failures from outside the program use Result (result.h).

#pragma once

namespace roofscape {

/// Prints the broken condition with its place to stderr and aborts.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace roofscape

/// Aborts unless `condition` holds. Only for what can be false solely because our code is wrong.
#define RS_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::roofscape::CheckFailed(#condition, __FILE__, __LINE__))
