#include "reader.h"

#include <cmath>
#include <map>
#include <string>

namespace roofscape::kernel_curves {
namespace {

using perf::KernelPrecision;

/// Mixed, so that its remainder by 5 is not that of the last character.
std::uint32_t SiteOf(std::uint64_t hash) {
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdu;
  return static_cast<std::uint32_t>(hash >> 32);
}

std::vector<int> IdentityColumns(const Columns& columns) {
  std::vector<int> kept;
  for (std::size_t i = 0; i < columns.names().size(); ++i) {
    const std::string& name = columns.names()[i];
    const bool how = name == "framework" || name == "version" || name == "device" ||
                     name == "kernel_source" || name == "tp_size" || name.ends_with("_us") ||
                     name.ends_with("_gbps") || name.ends_with("_sms") || name == "latency";
    if (!how) kept.push_back(static_cast<int>(i));
  }
  return kept;
}

}  // namespace

std::uint64_t Hash(std::string_view text, std::uint64_t seed) {
  for (const char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return (seed ^ 0xff) * 1099511628211u;
}

std::optional<KernelPrecision> WeightPrecision(std::string_view name) {
  static const std::map<std::string_view, KernelPrecision> kNames = {
      {"bfloat16", KernelPrecision::kBf16},
      {"half", KernelPrecision::kBf16},
      {"fp8", KernelPrecision::kFp8},
      {"fp8_block", KernelPrecision::kFp8Block},
      {"nvfp4", KernelPrecision::kNvfp4},
      {"w4a16_mxfp4", KernelPrecision::kMxfp4},
      {"w4a8_mxfp4_mxfp8", KernelPrecision::kMxfp4Mxfp8},
      {"sq", KernelPrecision::kInt8},
      {"int8_wo", KernelPrecision::kInt8Weight},
      {"int4_wo", KernelPrecision::kInt4Weight},
  };
  const auto found = kNames.find(name);
  return found == kNames.end() ? std::nullopt : std::optional(found->second);
}

KernelPrecision AttentionPrecision(std::string_view compute, std::string_view cache) {
  if (compute == "fp8") return KernelPrecision::kFp8;
  return cache.starts_with("fp8") ? KernelPrecision::kBf16KvFp8 : KernelPrecision::kBf16;
}

Columned::Columned(const Context& given)
    : context(given),
      latency(given.columns["latency"]),
      op_name(given.columns["op_name"]),
      kernel_source(given.columns["kernel_source"]),
      identity(IdentityColumns(given.columns)) {}

void Columned::Add(const Row& row, const perf::KernelKey& key, const perf::KernelPoint& point,
                   double time_s, std::uint64_t site, float weight) const {
  auto& rejected = context.samples.rejected();
  ++rejected.rows;
  if (!(time_s > 0) || !std::isfinite(time_s)) {
    ++rejected.no_time;
    return;
  }
  if (point.roof_s > 1.05 * time_s) {
    ++rejected.impossible;
    return;
  }
  std::uint64_t identity_hash = 0;
  for (const int column : identity) identity_hash = Hash(row.Text(column), identity_hash);
  Sample sample;
  sample.x = point.x;
  sample.roof_s = static_cast<float>(point.roof_s);
  sample.time_s = static_cast<float>(time_s);
  sample.weight = weight;
  sample.site = SiteOf(site);
  context.samples.Add(key, sample, identity_hash);
}

}  // namespace roofscape::kernel_curves
