// Clusters for this room's tests, made by hand, and an observer that remembers.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "model/perf/mean_field.h"
#include "model/sim/run.h"

namespace roofscape::sim {

/// A step that takes linearly longer with what is in it.
struct LinearStep final : StepModel {
  double step_s = 0.01;
  double sequence_s = 0.0;
  double context_s = 0.0;  // A token of all contexts.
  double prompt_s = 0.0;   // Of a step with prompts, and
  double token_s = 1e-5;   // a prompt token.

  double DecodeSeconds(double decode, double context) const override {
    return step_s + decode * (sequence_s + context * context_s);
  }
  double PromptSeconds(double, double, double prefill, double) const override {
    return prompt_s + prefill * token_s;
  }
};

/// One worker of plenty of blocks under vLLM's rules.
Cluster TestCluster(const LinearStep& step);

struct Remembered {
  std::vector<TokenEvent> events;
  Completion completion;
  int completions = 0;
};

class Memory final : public Observer {
 public:
  void OnTokens(std::int64_t id, std::span<const TokenEvent> events) override {
    auto& all = of[id].events;
    all.insert(all.end(), events.begin(), events.end());
  }
  void OnCompletion(const Completion& completion) override {
    of[completion.id].completion = completion;
    ++of[completion.id].completions;
  }
  std::map<std::int64_t, Remembered> of;
};

/// Requests from a list.
class Listed final : public RequestSource {
 public:
  explicit Listed(std::vector<Ask> asks) : asks_(std::move(asks)) {}
  std::optional<Ask> Next() override {
    if (next_ == asks_.size()) return std::nullopt;
    return asks_[next_++];
  }

 private:
  std::vector<Ask> asks_;
  std::size_t next_ = 0;
};

/// A dense model of 32 layers on chips of 1 PFLOP/s and 4 TB/s; routed: 64 experts beside MLA.
perf::Service TestService(bool routed, double chips, double dp);

}  // namespace roofscape::sim
