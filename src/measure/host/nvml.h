// NVIDIA's management library, bound when the program runs: which devices there are, and what they
// draw, at which clocks, how hot, and what holds them back. Names and numbers are those of NVML 12,
// which keeps them from version to version. What a device does not tell is missing.
//
// Thread safety: NVML's own calls may come from any thread; an object belongs to one.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "measure/host/shared_library.h"

namespace roofscape::host {

struct NvmlDevice {
  std::string name;
  std::string uuid;
  std::string firmware;  // VBIOS.
  std::optional<double> memory_bytes;
  std::optional<double> power_limit_w;     // Enforced now.
  std::optional<double> max_sm_clock_mhz;  // That the device may reach.
  std::optional<double> set_sm_clock_mhz;  // That applications are held to, where that was set.
};

struct NvmlReading {
  std::optional<double> power_w;
  std::optional<double> sm_clock_mhz;
  std::optional<double> memory_clock_mhz;
  std::optional<double> temperature_c;
  std::optional<double> throttle_bits;  // nvmlClocksThrottleReasons: a number of its bits.
};

class Nvml {
 public:
  /// kNotFound without the library; kUnavailable where it refuses.
  static Result<Nvml> Open(std::span<const std::string> names);
  Nvml(Nvml&&) = default;
  Nvml& operator=(Nvml&&) = delete;
  ~Nvml() = default;

  const std::string& driver() const { return driver_; }
  std::size_t count() const { return handles_.size(); }
  NvmlDevice Describe(std::size_t index) const;
  NvmlReading Read(std::size_t index) const;

 private:
  struct Calls {
    int (*power)(void*, unsigned*) = nullptr;
    int (*clock)(void*, int, unsigned*) = nullptr;
    int (*max_clock)(void*, int, unsigned*) = nullptr;
    int (*set_clock)(void*, int, unsigned*) = nullptr;
    int (*temperature)(void*, int, unsigned*) = nullptr;
    int (*throttle)(void*, unsigned long long*) = nullptr;
    int (*power_limit)(void*, unsigned*) = nullptr;
    int (*name)(void*, char*, unsigned) = nullptr;
    int (*uuid)(void*, char*, unsigned) = nullptr;
    int (*firmware)(void*, char*, unsigned) = nullptr;
    int (*memory)(void*, void*) = nullptr;
    int (*end)() = nullptr;
  };
  struct Close {
    void operator()(const Calls* calls) const;
  };

  explicit Nvml(SharedLibrary library) : library_(std::move(library)) {}
  void BindAll();

  SharedLibrary library_;  // Outlives what calls into it.
  std::unique_ptr<Calls, Close> calls_;
  std::string driver_;
  std::vector<void*> handles_;
};

/// Where the system's loader looks.
std::span<const std::string> NvmlNames();

}  // namespace roofscape::host
