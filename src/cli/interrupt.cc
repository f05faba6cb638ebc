#include "cli/interrupt.h"

#include <csignal>

namespace roofscape::cli {
namespace {

std::atomic<bool> interrupted{false};

void OnSignal(int signal) {
  static std::atomic<bool> again{false};
  interrupted.store(true);
  if (again.exchange(true)) std::signal(signal, SIG_DFL);
}

}  // namespace

void CatchInterrupts() {
  std::signal(SIGINT, OnSignal);
  std::signal(SIGTERM, OnSignal);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

const std::atomic<bool>& Interrupted() { return interrupted; }

}  // namespace roofscape::cli
