#include "measure/host/nvml.h"

#include <array>

#include <fmt/format.h>

namespace roofscape::host {
namespace {

constexpr int kSmClock = 1;      // NVML_CLOCK_SM
constexpr int kMemoryClock = 2;  // NVML_CLOCK_MEM
constexpr int kGpuSensor = 0;    // NVML_TEMPERATURE_GPU

/// nvmlMemory_t
struct MemoryInfo {
  unsigned long long total = 0;
  unsigned long long free = 0;
  unsigned long long used = 0;
};

std::optional<double> Ask(int (*call)(void*, unsigned*), void* device) {
  unsigned value = 0;
  if (call == nullptr || call(device, &value) != 0) return std::nullopt;
  return static_cast<double>(value);
}

std::optional<double> Ask(int (*call)(void*, int, unsigned*), void* device, int which) {
  unsigned value = 0;
  if (call == nullptr || call(device, which, &value) != 0) return std::nullopt;
  return static_cast<double>(value);
}

std::optional<double> Thousandth(std::optional<double> value) {
  if (value) *value /= 1000;
  return value;
}

std::string AskText(int (*call)(void*, char*, unsigned), void* device) {
  std::array<char, 96> text{};
  if (call == nullptr || call(device, text.data(), text.size()) != 0) return "";
  text.back() = '\0';
  return text.data();
}

}  // namespace

void Nvml::Close::operator()(const Calls* calls) const {
  if (calls->end != nullptr) calls->end();
  delete calls;  // NOLINT(cppcoreguidelines-owning-memory): it is the owner.
}

Result<Nvml> Nvml::Open(std::span<const std::string> names) {
  RS_ASSIGN_OR_RETURN(SharedLibrary library, SharedLibrary::Open(names));
  int (*init)() = nullptr;
  RS_RETURN_IF_ERROR(library.Bind("nvmlInit_v2", init));
  int (*count)(unsigned*) = nullptr;
  RS_RETURN_IF_ERROR(library.Bind("nvmlDeviceGetCount_v2", count));
  int (*by_index)(unsigned, void**) = nullptr;
  RS_RETURN_IF_ERROR(library.Bind("nvmlDeviceGetHandleByIndex_v2", by_index));
  if (const int status = init(); status != 0) {
    return Error{ErrorCode::kUnavailable,
                 fmt::format("{}: nvmlInit: error {}: see whether nvidia-smi shows the devices",
                             library.name(), status)};
  }
  Nvml nvml(std::move(library));
  nvml.BindAll();
  auto* const version = nvml.library_.Find<int(char*, unsigned)>("nvmlSystemGetDriverVersion");
  std::array<char, 96> text{};
  if (version != nullptr && version(text.data(), text.size()) == 0) {
    text.back() = '\0';
    nvml.driver_ = text.data();
  }
  unsigned devices = 0;
  if (count(&devices) != 0) devices = 0;
  for (unsigned i = 0; i < devices; ++i) {
    void* handle = nullptr;
    if (by_index(i, &handle) == 0) nvml.handles_.push_back(handle);
  }
  return nvml;
}

void Nvml::BindAll() {
  calls_.reset(new Calls);
  const auto bind = [this]<class Function>(const char* symbol, Function*& function) {
    function = library_.Find<Function>(symbol);
  };
  bind("nvmlShutdown", calls_->end);
  bind("nvmlDeviceGetPowerUsage", calls_->power);
  bind("nvmlDeviceGetClockInfo", calls_->clock);
  bind("nvmlDeviceGetMaxClockInfo", calls_->max_clock);
  bind("nvmlDeviceGetApplicationsClock", calls_->set_clock);
  bind("nvmlDeviceGetTemperature", calls_->temperature);
  bind("nvmlDeviceGetCurrentClocksThrottleReasons", calls_->throttle);
  bind("nvmlDeviceGetEnforcedPowerLimit", calls_->power_limit);
  bind("nvmlDeviceGetName", calls_->name);
  bind("nvmlDeviceGetUUID", calls_->uuid);
  bind("nvmlDeviceGetVbiosVersion", calls_->firmware);
  bind("nvmlDeviceGetMemoryInfo", calls_->memory);
}

NvmlDevice Nvml::Describe(std::size_t index) const {
  void* const device = handles_.at(index);
  NvmlDevice facts;
  facts.name = AskText(calls_->name, device);
  facts.uuid = AskText(calls_->uuid, device);
  facts.firmware = AskText(calls_->firmware, device);
  MemoryInfo memory;
  if (calls_->memory != nullptr && calls_->memory(device, &memory) == 0) {
    facts.memory_bytes = static_cast<double>(memory.total);
  }
  facts.power_limit_w = Thousandth(Ask(calls_->power_limit, device));
  facts.max_sm_clock_mhz = Ask(calls_->max_clock, device, kSmClock);
  facts.set_sm_clock_mhz = Ask(calls_->set_clock, device, kSmClock);
  return facts;
}

NvmlReading Nvml::Read(std::size_t index) const {
  void* const device = handles_.at(index);
  NvmlReading reading;
  reading.power_w = Thousandth(Ask(calls_->power, device));
  reading.sm_clock_mhz = Ask(calls_->clock, device, kSmClock);
  reading.memory_clock_mhz = Ask(calls_->clock, device, kMemoryClock);
  reading.temperature_c = Ask(calls_->temperature, device, kGpuSensor);
  unsigned long long bits = 0;
  if (calls_->throttle != nullptr && calls_->throttle(device, &bits) == 0) {
    reading.throttle_bits = static_cast<double>(bits);
  }
  return reading;
}

std::span<const std::string> NvmlNames() {
  static const std::array<std::string, 1> kNames = {"libnvidia-ml.so.1"};
  return kNames;
}

}  // namespace roofscape::host
