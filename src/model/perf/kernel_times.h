// The kernels of one worker as they were measured: what each part of its forward pass takes, by the
// number of tokens, from the curves of kernel times (kernel_curves.h). Where an operation, a
// precision or an engine has no curve, another engine's is taken (engines share most kernels, and
// some of the tables were taken without a graph, see docs/internals/kernel-curves.md), and where no
// engine has one the part stays empty and step.h falls back to the roofline.
//
// A chip without curves is given those of the measured chip that is most alike, at the same
// efficiency of its own peaks.
//
// Thread safety: KernelTimes: const use from many threads. KernelBook: one thread.

#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>

#include "domain/catalog/model.h"
#include "model/perf/coefficients.h"
#include "model/perf/kernel_curves.h"
#include "model/perf/lowered.h"
#include "model/perf/machine.h"
#include "model/perf/time_table.h"

namespace roofscape::perf {

struct KernelTimes {
  // By tokens of the attention group, all layers together, seconds.
  TimeLine products;  // Projections, dense and shared feed-forward products, router.
  TimeLine head;
  TimeLine sums;  // All-reduces over the group.
  // By tokens of the whole worker.
  TimeLine experts;
  // As Lowered::attentions. By sequences and by the keys each sees; by sequences and their length,
  // of one sequence.
  std::array<TimeGrid, kMaxAttentions> decode;
  std::array<TimeGrid, kMaxAttentions> prefill;
  // Recurrent layers: by sequences; by prompt tokens.
  TimeLine recurrent_decode;
  TimeLine recurrent_prefill;
  bool borrowed = false;  // The chip has no curves: those of one that is alike.
};

/// Makes and keeps KernelTimes. `curves` must outlive it. `routing`: how tokens fall on experts.
class KernelBook {
 public:
  explicit KernelBook(const KernelCurves& curves, Routing routing = Routing::kPowerLaw101)
      : curves_(curves), routing_(routing) {}

  std::shared_ptr<const KernelTimes> TimesOf(const Machine& machine, const catalog::Model& model,
                                             const Layout& layout, const Formats& formats,
                                             EngineClass engine);

 private:
  const KernelCurves& curves_;
  Routing routing_;
  std::map<std::string, std::shared_ptr<const KernelTimes>> made_;
};

}  // namespace roofscape::perf
