#include "cli/live_progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "base/core/text.h"
#include "cli/table.h"

namespace roofscape::cli {
namespace {

constexpr std::chrono::milliseconds kRedraw{250};
constexpr std::chrono::seconds kWorthALine{10};
constexpr const char* kClearLine = "\r\x1b[K";

std::string Left(double fraction_done, double elapsed_s) {
  if (fraction_done <= 0.02 || fraction_done >= 1.0) return "";
  const double left = std::max(0.0, elapsed_s / fraction_done - elapsed_s);
  return fmt::format(", {:.0f} s left", left);
}

}  // namespace

LiveProgress::LiveProgress(std::string title, std::optional<std::int64_t> expected,
                           std::optional<double> duration_s, const load::PointProgress& progress,
                           const Clock& clock)
    : title_(std::move(title)),
      expected_(expected),
      duration_s_(duration_s),
      progress_(progress),
      clock_(clock),
      begin_(clock.Now()) {
  if (isatty(STDERR_FILENO) != 0) thread_ = std::thread([this] { Work(); });
}

LiveProgress::~LiveProgress() {
  if (!thread_.joinable()) {
    // In a log one line a point is enough, and none of what is over at once.
    if (clock_.Now() - begin_ >= kWorthALine) fmt::print(stderr, "{}\n", Line());
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  std::fputs(kClearLine, stderr);  // A terminal that has gone is no reason to fail.
}

void LiveProgress::Work() {
  std::unique_lock lock(mutex_);
  const std::size_t width = StyleOf(stderr).width;
  while (!wake_.wait_for(lock, kRedraw, [this] { return stopping_; })) {
    // A line that wraps could not be wiped.
    std::fputs((kClearLine + Line().substr(0, width - 1)).c_str(), stderr);
    std::fflush(stderr);
  }
}

std::string LiveProgress::Line() const {
  const std::int64_t ok = progress_.succeeded.load(std::memory_order_relaxed);
  const std::int64_t failed = progress_.failed.load(std::memory_order_relaxed);
  const std::int64_t tokens = progress_.tokens.load(std::memory_order_relaxed);
  const std::int64_t in_flight = progress_.in_flight.load(std::memory_order_relaxed);
  const double elapsed_s = std::max(1e-3, ToSeconds(clock_.Now() - begin_).value());
  double fraction = 0;
  std::string count = WithCommas(ok + failed);
  if (expected_) {
    fraction = static_cast<double>(ok + failed) / static_cast<double>(*expected_);
    count += "/" + WithCommas(*expected_);
  } else if (duration_s_) {
    fraction = elapsed_s / *duration_s_;
  }
  return fmt::format("{}: {} requests, {} in flight, {} tokens/s, {} errors{}", title_, count,
                     in_flight,
                     WithCommas(static_cast<std::int64_t>(static_cast<double>(tokens) / elapsed_s)),
                     failed, Left(fraction, elapsed_s));
}

}  // namespace roofscape::cli
