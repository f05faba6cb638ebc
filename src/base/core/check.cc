#include "base/core/check.h"

#include <cstdio>
#include <cstdlib>

namespace roofscape {

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: this is a bug in roofscape: CHECK failed: %s\n", file, line,
               condition);
  std::abort();
}

}  // namespace roofscape
