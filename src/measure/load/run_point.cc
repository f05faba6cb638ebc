#include "measure/load/run_point.h"

#include <algorithm>

#include "base/net/address.h"
#include "base/net/reactor.h"
#include "measure/host/host_facts.h"
#include "measure/load/closed_loop.h"
#include "measure/load/request_pipeline.h"

namespace roofscape::load {
namespace {

// Descriptors beside the connections: store, log, epoll, timers, libraries.
constexpr std::int64_t kSpareDescriptors = 32;

/// Token events that shared a read with another, as a share of all.
std::optional<double> CoalescedFraction(const spec::RequestLog& log) {
  std::int64_t tokens = 0;
  std::int64_t coalesced = 0;
  for (const spec::Request& request : log.requests) {
    std::int64_t in_read = 0;
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
  return static_cast<double>(coalesced) / static_cast<double>(tokens);
}

double Seconds(Nanos time) { return ToSeconds(time).value(); }

void FillAudit(const net::ReactorStats& stats, Nanos cpu, Nanos wall,
               const std::optional<host::CpuTimes>& cpu_before, PointRecord& record) {
  spec::InstrumentAudit& audit = record.audit;
  if (wall > Nanos(0)) audit.loop_busy_fraction = Seconds(cpu) / Seconds(wall);
  audit.coalesced_fraction = CoalescedFraction(record.log);
  if (stats.lag.count > 0) {
    audit.loop_lag_p50_s = Seconds(stats.lag.Quantile(0.5));
    audit.loop_lag_p99_s = Seconds(stats.lag.Quantile(0.99));
    audit.loop_lag_max_s = Seconds(stats.lag.max);
    audit.kernel_stamp_fraction =
        static_cast<double>(stats.rx_lag.count) / static_cast<double>(stats.lag.count);
    audit.stamps = *audit.kernel_stamp_fraction > 0.5 ? "kernel" : "user";
  }
  if (stats.rx_lag.count > 0) {
    audit.rx_lag_p50_s = Seconds(stats.rx_lag.Quantile(0.5));
    audit.rx_lag_p99_s = Seconds(stats.rx_lag.Quantile(0.99));
    audit.rx_lag_max_s = Seconds(stats.rx_lag.max);
  }
  audit.cpu_steal_fraction = host::StealFraction(cpu_before, host::ReadCpuTimes());
  const host::DescriptorUse descriptors = host::ReadDescriptorUse();
  audit.fd_limit = descriptors.limit;
  audit.fd_used = descriptors.used;
  audit.governor = host::Governor();
}

}  // namespace

Result<PointRecord> RunPoint(const spec::Plan& plan, const net::Url& url, const Headers& headers,
                             const Dialect& dialect, const PointSettings& settings,
                             const Clock& clock) {
  RS_CHECK(settings.concurrency >= 1 && settings.progress != nullptr);
  RS_RETURN_IF_ERROR(host::EnsureDescriptors(settings.concurrency + kSpareDescriptors));
  RS_ASSIGN_OR_RETURN(const net::Endpoint endpoint, net::Resolve(url));
  RS_ASSIGN_OR_RETURN(const RequestWriter writer,
                      RequestWriter::Create(plan, url, headers, dialect));
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<net::Reactor> reactor, net::Reactor::Create(clock));
  const auto depth = std::clamp<std::int64_t>(2 * settings.concurrency, 64, 4096);
  RequestPipeline pipeline(writer, static_cast<std::size_t>(depth), settings.first_prompt);

  PointRecord record;
  record.started = clock.Wall();
  const auto cpu_times = host::ReadCpuTimes();
  const Nanos cpu_before = host::ThreadCpuTime();
  const Instant begin = clock.Now();
  ClosedLoop loop(*reactor, endpoint, pipeline, plan, settings);
  loop.Run(record);
  FillAudit(reactor->stats(), host::ThreadCpuTime() - cpu_before, clock.Now() - begin, cpu_times,
            record);
  return record;
}

}  // namespace roofscape::load
