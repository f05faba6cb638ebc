// What a chip draws while it serves, in the mean field's steady state.
//
// Boundary: the chip itself ("device" of docs/reference/metrics.md). Templated on the scalar. No
// allocation. Thread safety: pure functions.

#pragma once

#include <algorithm>

#include "model/perf/mean_field.h"
#include "model/perf/power.h"

namespace roofscape::perf {

/// Work of one prompt, where several share a pass up to the budget.
template <class T>
Work<T> PromptWork(const Service& s, const Lowered& w, const Coefficients<T>& c, const Load& load,
                   double waiting) {
  const double together = PromptsAStep(s.token_budget, load.Fresh(), waiting);
  const StepLoad<T> prompts = PromptLoad<T>(load, together);
  const Work<T> all = WorkOf(s.machine, w, prompts, ForwardSeconds(s.machine, w, c, prompts, true));
  Work<T> one;
  one.Add(all, T(1.0 / together));
  return one;
}

/// Mean watts of one chip of the deployment at its steady state `point`. REQUIRES: tdp_w > 0.
template <class T>
T MeanPower(const Service& s, const Coefficients<T>& c, const Load& load, const Point<T>& point) {
  const Lowered& w = s.serve.worker;
  const StepLoad<T> step = DecodeLoad(s, load, point.decoding);
  Work<T> decode;
  decode.Add(WorkOf(s.machine, w, step, ForwardSeconds(s.machine, w, c, step, false)),
             1.0 / (point.tpot * TokensAStep(s, c)));
  const T requests = point.decoding / (point.tpot * load.output);  // A second, of one group.
  const double slots = std::max(load.concurrency / (s.serve.workers * Streams(w)), 1.0);
  if (!s.disaggregated) {
    decode.Add(PromptWork(s, w, c, load, slots), requests);
    return PowerOf(s.machine, decode);
  }
  const Lowered& pw = s.prefill.worker;
  const double groups = s.prefill.workers * pw.layout.dp;
  Work<T> prompts;
  prompts.Add(PromptWork(s, pw, c, load, load.concurrency / groups),
              requests * (s.serve.workers * w.layout.dp / groups));
  const double decode_chips = s.serve.workers * w.layout.chips;
  const double prompt_chips = s.prefill.workers * pw.layout.chips;
  return (PowerOf(s.machine, decode) * decode_chips + PowerOf(s.machine, prompts) * prompt_chips) /
         (decode_chips + prompt_chips);
}

}  // namespace roofscape::perf
