// The energy counters of processors (RAPL), as the kernel's powercap shows them in
// /sys/class/powercap: packages and their memory. A counter begins again at its range. What it
// counts is the package or the memory alone, never the server.
//
// Thread safety: one thread.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "base/core/units.h"
#include "measure/host/exporter_page.h"

namespace roofscape::host {

class EnergyCounters {
 public:
  /// kNotFound where the folder has no zone; kUnavailable where none may be read (since 2020 only
  /// root may, or whoever root lets).
  static Result<EnergyCounters> Open(const std::string& folder);

  /// Mean power since the call before, of every zone that could be read both times; nothing at the
  /// first call.
  std::vector<SensorReading> Read(Instant now);

  std::size_t packages() const;

 private:
  struct Zone {
    std::string file;
    std::string metric;
    std::string device;
    double range_uj = 0;
    std::optional<double> last_uj;
  };

  std::vector<Zone> zones_;
  std::optional<Instant> last_;
};

}  // namespace roofscape::host
