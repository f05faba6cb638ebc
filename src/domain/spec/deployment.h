// What serves: a model on chips under an engine, and how it is laid out. Every rate "per chip"
// divides by ChipCount(), all accelerators of the deployment; a CPU socket is a chip.
//
// Ownership: plain values. Thread safety: plain values.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/core/document.h"
#include "base/core/json.h"
#include "base/core/result.h"

namespace roofscape::spec {

/// One kind of worker. An aggregated deployment has one role "serve"; a disaggregated one has
/// "prefill" and "decode". (The initializers allow `{.tp = 8}` without a warning.)
struct Role {
  std::string name = "serve";
  std::int64_t workers = 1;                     // Replicas of this role.
  std::int64_t chips_per_worker = 1;            // Devices, counted as devices: never TP x EP.
  std::optional<std::int64_t> tp = {};          // Tensor parallel degree.
  std::optional<std::int64_t> pp = {};          // Pipeline parallel degree.
  std::optional<std::int64_t> ep = {};          // Expert parallel degree.
  std::optional<std::int64_t> dp = {};          // Data parallel degree of attention.
  std::optional<bool> dp_attention = {};        // Attention is data parallel, to whatever degree.
  std::optional<std::int64_t> prefill_cp = {};  // Context parallel degree of prefill: takes chips.
  std::optional<std::int64_t> decode_cp = {};   // Context parallel degree of decode: within tp.

  friend bool operator==(const Role&, const Role&) = default;
};

struct Deployment {
  std::string name;       // Free label, e.g. "llama-8b on one socket".
  std::string model;      // As the catalog names it; empty: the name the server uses.
  std::string precision;  // e.g. "fp8", "nvfp4", "f16"; empty: unknown.
  std::string engine;     // e.g. "vllm", "llama.cpp"; empty: unknown.
  std::string engine_version;
  std::string chip;         // As the catalog names it; empty: unknown.
  std::string speculative;  // Speculative decoding: "none", "mtp", ...; empty: unknown.
  std::vector<Role> roles;  // Empty: the number of chips is unknown.
  std::map<std::string, std::string> engine_settings;  // Flags as started, for the recipe.

  friend bool operator==(const Deployment&, const Deployment&) = default;
};

/// All accelerators of the deployment, or missing when no role is given: then rates are per
/// deployment, and per-chip, cost and energy are missing.
std::optional<std::int64_t> ChipCount(const Deployment& deployment);

Json ToJson(const Deployment& deployment);

/// Reads a deployment from an object of a plan or a deployment file.
Deployment ReadDeployment(ObjectReader& reader);

/// Reads a whole deployment file (TOML or JSON by the name's ending).
Result<Deployment> ParseDeployment(std::string_view text, const std::string& source);

}  // namespace roofscape::spec
