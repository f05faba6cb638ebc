// What `roofscape probe` found out about a machine, and what it thinks of its own readings.
//
// Each reading was repeated. `best` is the fastest repeat: other work on the machine only ever
// makes a repeat slower. The spread says how far the middle repeat fell behind it; where that is
// much, or the hypervisor took time away, the reading is noisy and the machine can do at least
// `best`, perhaps more.
//
// Thread safety: plain values, pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace roofscape::host {

/// A rate, in the unit that the reading's name ends in, or for launches a time.
struct Repeated {
  double best = 0;
  double median = 0;
  std::int64_t repeats = 0;

  /// How far the median is from the best, as a fraction of the median; 0 for a single repeat.
  double spread() const;
};

/// `amount` (bytes, operations) over each of the times, repeats as they came.
/// REQUIRES: every time above 0.
Repeated RateOf(double amount, std::span<const double> seconds);
/// The times themselves divided by `count`: the least is the best.
Repeated TimeOf(double count, std::span<const double> seconds);

/// Fewer than 3 repeats, or a spread above 15 %.
bool IsNoisy(const Repeated& reading);

/// Reading memory in turn, over an array of `set_mb`.
struct ReadReading {
  std::int64_t threads = 0;
  double set_mb = 0;
  Repeated gb_s;
};

/// y[m][n] = x[m][k] * weights[n][k]^T.
struct MatrixReading {
  std::string type;     // Of the weights: "f32", "q8_0", "fp8"
  std::string library;  // What computed: "roofscape avx2", "libopenblas.so.0", "libcublasLt.so.12"
  std::int64_t m = 0, n = 0, k = 0;
  std::int64_t threads = 0;
  double set_mb = 0;  // Weights read before any is read again: in a cache if they fit there.
  Repeated gflops;
};

/// Attention of one token, or of a prompt whose every token sees itself and those before it.
struct AttentionReading {
  std::string library;
  std::int64_t queries = 0, keys = 0;
  std::int64_t heads = 0, kv_heads = 0, head_dim = 0;
  std::int64_t threads = 0;
  Repeated gflops;  // 4 x heads x head_dim operations a query and key that it sees.
};

/// Handing work to `threads` threads, or a kernel to a device, that has nothing to do.
struct LaunchReading {
  std::int64_t threads = 0;
  Repeated us;
};

struct CpuReadings {
  std::string name;             // "AMD EPYC 7763 64-Core Processor"
  std::string vendor;           // "AMD"
  std::int64_t processors = 0;  // That this process may use.
  double memory_gb = 0;
  std::optional<double> last_cache_mb;  // The outermost of its caches, all instances together.
  std::string kernels;                  // "avx2"
  std::vector<ReadReading> reads;
  std::vector<MatrixReading> products;
  std::vector<AttentionReading> attentions;
  std::vector<LaunchReading> launches;
};

struct GpuReadings {
  std::string name;
  std::string driver;
  double memory_gb = 0;
  std::optional<double> l2_mb;
  std::optional<double> power_limit_w;
  std::optional<Repeated> copy_gb_s;  // Within the device: bytes read and written.
  std::optional<Repeated> peer_gb_s;  // To the next device, one way.
  std::optional<LaunchReading> launch;
  std::vector<MatrixReading> products;
  std::vector<std::string> problems;  // What could not be measured, and why.
};

struct ProbeResult {
  CpuReadings cpu;
  std::vector<GpuReadings> gpus;
  std::string gpu_absent;       // Why there is no GPU in here: "libcuda.so.1: cannot be opened"
  std::optional<double> steal;  // The share of the time that a hypervisor took.
  double elapsed_s = 0;
  std::int64_t left_out = 0;  // Readings that the time did not reach, or that were stopped.
  bool stopped = false;
};

/// Every doubt about the whole, in words; empty where there is none.
std::vector<std::string> Doubts(const ProbeResult& result);

}  // namespace roofscape::host
