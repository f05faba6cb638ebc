#include "cli/replay.h"

#include "model/sim/log_writer.h"

namespace roofscape::cli {

Replayed ReplayLog(const spec::RequestLog& log, bool closed, const sim::Cluster& cluster,
                   const sim::RunOptions& options) {
  sim::RunReplay source(log, closed);
  Replayed out;
  out.left_out = static_cast<std::int64_t>(log.requests.size()) - source.requests();
  if (source.requests() == 0) return out;
  sim::LogWriter writer;
  out.end = sim::RunWorkload(cluster, source, writer, options);
  out.log = writer.Take();
  for (spec::Request& r : out.log.requests) {
    const auto& origin = source.origins()[static_cast<std::size_t>(r.id)];
    r.id = origin.id;
    r.phase = origin.phase;
  }
  return out;
}

}  // namespace roofscape::cli
