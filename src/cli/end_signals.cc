#include "cli/end_signals.h"

#include <pthread.h>

namespace roofscape::cli {

sigset_t BlockEndSignals() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return ends;
}

void AwaitEnd(const sigset_t& ends) {
  int signal = 0;
  sigwait(&ends, &signal);
}

}  // namespace roofscape::cli
