#include "results/ingest/names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

namespace roofscape::ingest {
namespace {

/// In the order in which they are taken off: some end in others.
constexpr auto kPools = std::to_array<std::string_view>({
    "-trt",
    "-multinode-slurm",
    "-multinode",
    "-nvs",
    "-disagg",
    "-amds",
    "-amd",
    "-nvd",
    "-dgxc-slurm",
    "-dgxc",
    "-nb",
    "-nv",
});

constexpr auto kPrecisions = std::to_array<std::string_view>({
    "-nvfp4",
    "-mxfp4",
    "-fp4",
    "-fp8",
    "-bf16",
    "-int4",
});

/// A file names a handful of each; one that names more is not worth remembering.
constexpr std::size_t kMostNames = 4096;

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

void TakeOff(std::string& text, std::string_view ending) {
  if (text.ends_with(ending) && text.size() > ending.size()) {
    text.resize(text.size() - ending.size());
  }
}

std::string WithoutPool(std::string_view name) {
  std::string chip = Lower(name);
  const std::size_t runner = chip.rfind('_');
  if (runner != std::string::npos && runner > 0 && runner + 1 < chip.size() &&
      chip.find_first_not_of("0123456789", runner + 1) == std::string::npos) {
    chip.resize(runner);
  }
  for (const std::string_view pool : kPools) TakeOff(chip, pool);
  return chip;
}

std::string_view BehindFolders(std::string_view name) {
  const std::size_t slash = name.find_last_of('/');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

/// The first of these names that `find` knows.
template <class Find>
std::optional<std::string> FirstKnown(const std::vector<std::string>& names, Find find) {
  for (const std::string& name : names) {
    if (name.empty()) continue;
    if (const auto found = find(name)) return (*found)->entry.id;
  }
  return std::nullopt;
}

template <class Map, class Make>
const auto& Remembered(Map& cache, std::string& key, std::string_view name, Make make) {
  key.assign(name);
  const auto found = cache.find(key);
  if (found != cache.end()) return found->second;
  if (cache.size() >= kMostNames) cache.clear();
  return cache.emplace(key, make()).first->second;
}

}  // namespace

const std::optional<std::string>& Names::Chip(std::string_view name) {
  return Remembered(chips_, key_, name, [&] {
    return FirstKnown({std::string(name), WithoutPool(name)},
                      [&](const auto& n) { return catalog::FindChip(*catalog_, n); });
  });
}

const std::optional<std::string>& Names::Model(std::string_view name) {
  return Remembered(models_, key_, name, [&] {
    std::string bare = Lower(BehindFolders(name));
    const std::string last = bare;
    for (const std::string_view precision : kPrecisions) TakeOff(bare, precision);
    return FirstKnown({std::string(name), last, bare},
                      [&](const auto& n) { return catalog::FindModel(*catalog_, n); });
  });
}

const EngineName& Names::Engine(std::string_view name) {
  return Remembered(engines_, key_, name, [&] {
    EngineName engine;
    engine.id = std::string(name);
    const auto found = catalog::FindEngine(*catalog_, name);
    if (!found) return engine;
    engine.known = true;
    engine.id = (*found)->entry.id;
    const std::string folded = catalog::Fold(name);
    for (const catalog::EngineVariant& variant : (*found)->variants) {
      if (catalog::Fold(variant.name) != folded) continue;
      engine.orchestrator = variant.orchestrator;
      engine.disaggregated = variant.disaggregated;
    }
    return engine;
  });
}

std::string Names::WhyNoChip(std::string_view name) const {
  const auto found = catalog::FindChip(*catalog_, WithoutPool(name));
  return found ? std::string() : found.error().message;
}

std::string Names::WhyNoModel(std::string_view name) const {
  const auto found = catalog::FindModel(*catalog_, name);
  return found ? std::string() : found.error().message;
}

}  // namespace roofscape::ingest
