#include "measure/load/audit.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace roofscape::load {
namespace {

double Seconds(Nanos time) { return ToSeconds(time).value(); }

double Share(std::uint64_t part, std::uint64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

/// Token events that shared a read with another, as a share of all.
std::optional<double> CoalescedFraction(const spec::RequestLog& log) {
  std::uint64_t tokens = 0;
  std::uint64_t coalesced = 0;
  for (const spec::Request& request : log.requests) {
    std::uint64_t in_read = 0;
    std::uint32_t read = 0;
    const auto close_read = [&] {
      if (in_read > 1) coalesced += in_read;
      in_read = 0;
    };
    for (const spec::Event& event : log.EventsOf(request)) {
      if (!spec::CarriesTokens(event.kind)) continue;
      if (event.read != read) close_read();
      read = event.read;
      ++in_read;
      ++tokens;
    }
    close_read();
  }
  if (tokens == 0) return std::nullopt;
  return Share(coalesced, tokens);
}

void FillUncertainty(const spec::RequestLog& log, spec::InstrumentAudit& audit) {
  std::vector<std::uint32_t> widths;
  for (const spec::Event& event : log.events) {
    if (spec::CarriesTokens(event.kind)) widths.push_back(event.uncertainty_ns);
  }
  if (widths.empty()) return;
  const auto quantile = [&widths](double q) {
    const auto rank = static_cast<std::ptrdiff_t>(q * static_cast<double>(widths.size() - 1));
    std::nth_element(widths.begin(), widths.begin() + rank, widths.end());
    return 1e-9 * widths[static_cast<std::size_t>(rank)];
  };
  audit.uncertainty_p50_s = quantile(0.5);
  audit.uncertainty_p99_s = quantile(0.99);
}

void FillStamps(const net::ReactorStats& stats, const spec::RequestLog& log,
                spec::InstrumentAudit& audit) {
  if (stats.lag.count == 0) return;
  audit.loop_lag_p50_s = Seconds(stats.lag.Quantile(0.5));
  audit.loop_lag_p99_s = Seconds(stats.lag.Quantile(0.99));
  audit.loop_lag_max_s = Seconds(stats.lag.max);
  audit.kernel_stamp_fraction = Share(stats.rx_lag.count, stats.lag.count);
  audit.stamps = *audit.kernel_stamp_fraction > 0.5 ? "kernel" : "user";
  if (stats.rx_lag.count > 0) {
    audit.rx_lag_p50_s = Seconds(stats.rx_lag.Quantile(0.5));
    audit.rx_lag_p99_s = Seconds(stats.rx_lag.Quantile(0.99));
    audit.rx_lag_max_s = Seconds(stats.rx_lag.max);
  }
  std::uint64_t sent = 0;
  std::uint64_t stamped = 0;
  for (const spec::Request& request : log.requests) {
    if (request.sent_ns != spec::kNoStamp) ++sent;
    if (request.tx_ns != spec::kNoStamp) ++stamped;
  }
  if (sent > 0) audit.tx_stamp_fraction = Share(stamped, sent);
}

/// The CPU time that a loop worked for, as a share of its life. Looking for events without sleeping
/// (Reactor::SpinBefore) is no work. Of a loop that no answer came to, as one without users,
/// nothing is told: its life is as short as its work.
double BusyFraction(const LoopRecord& loop) {
  if (loop.stats.lag.count == 0 || loop.wall <= Nanos(0)) return 0;
  return std::clamp(Seconds(loop.cpu - loop.stats.spinning) / Seconds(loop.wall), 0.0, 1.0);
}

}  // namespace

spec::InstrumentAudit MakeAudit(std::span<const LoopRecord> loops, const spec::RequestLog& log,
                                const std::optional<host::CpuTimes>& cpu_before) {
  spec::InstrumentAudit audit;
  net::ReactorStats stats;
  double busiest = 0;
  std::int64_t retransmits = 0;
  std::int64_t resent_requests = 0;
  for (const LoopRecord& loop : loops) {
    stats.Add(loop.stats);
    busiest = std::max(busiest, BusyFraction(loop));
    retransmits += loop.retransmits;
    resent_requests += loop.resent_requests;
  }
  // One loop that cannot keep up spoils the point, however idle the others are.
  audit.loop_busy_fraction = busiest;
  audit.threads = static_cast<std::int64_t>(loops.size());
  audit.retransmits = retransmits;
  audit.resent_requests = resent_requests;
  audit.coalesced_fraction = CoalescedFraction(log);
  FillStamps(stats, log, audit);
  FillUncertainty(log, audit);
  audit.cpu_steal_fraction = host::StealFraction(cpu_before, host::ReadCpuTimes());
  const host::DescriptorUse descriptors = host::ReadDescriptorUse();
  audit.fd_limit = descriptors.limit;
  audit.fd_used = descriptors.used;
  audit.governor = host::Governor();
  return audit;
}

}  // namespace roofscape::load
