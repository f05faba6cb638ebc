// What a cluster says of Jobs and Pods: any JSON has a meaning, and none but a class with a cure.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/core/check.h"
#include "base/core/document.h"
#include "service/fleet/kubernetes.h"

using namespace roofscape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Bytes are what the fuzzer gives and text is what is read.
  const std::string_view text(reinterpret_cast<const char*>(data), size);  // NOLINT
  const auto document = ParseJson(text, "kubectl get");
  if (!document) return 0;
  const Json& list = document->value();
  if (!list.is_array() || list.empty()) return 0;
  std::vector<const Json*> pods;
  for (std::size_t i = 1; i < list.size(); ++i) pods.push_back(&list[i]);
  const fleet::KubernetesLook look = fleet::LookAt(list[0], pods);
  if (!look.status.failure) return 0;
  RS_CHECK(look.status.phase == fleet::JobPhase::kEnded);
  RS_CHECK(!look.status.failure->cure.empty());
  const auto classes = fleet::FailureClasses();
  RS_CHECK(std::find(classes.begin(), classes.end(), look.status.failure->kind) != classes.end());
  return 0;
}
