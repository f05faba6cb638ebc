#include "cli/corrected_cluster.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

namespace roofscape::cli {
namespace {

// Octaves of load for which the rows are asked what the formulas miss.
constexpr int kOctaves = 13;

}  // namespace

Result<> CorrectCluster(const catalog::Catalog& catalog, calibrate::ServingRow row,
                        const calibrate::Model& model, Kernels& kernels, sim::Cluster& cluster) {
  std::vector<double> steps;
  const double each = cluster.serve.copies * static_cast<double>(cluster.serve.workers);
  for (int octave = 0; octave < kOctaves; ++octave) {
    row.concurrency = std::exp2(octave) * each;
    RS_ASSIGN_OR_RETURN(const calibrate::Case c, calibrate::MakeCase(catalog, row, &kernels.book));
    steps.push_back(model.FactorsOf(c).tpot);
  }
  row.concurrency = 1.0;
  RS_ASSIGN_OR_RETURN(const calibrate::Case lone, calibrate::MakeCase(catalog, row, &kernels.book));
  const double ttft = model.Predict(lone).ttft_s.value;
  cluster.serve.step = std::make_shared<sim::ScaledStepModel>(cluster.serve.step, steps);
  const sim::WorkerGroup& prompts = cluster.prefill ? *cluster.prefill : cluster.serve;
  const double input = lone.load.input;  // As long as what is sent is in the mean.
  double inside = prompts.step->PromptSeconds(0, 0, input, 0.5 * input * input);
  if (cluster.prefill) inside += cluster.transfer_s + cluster.transfer_token_s * input;
  const double before = cluster.request_s + cluster.prompt_token_s * input;
  const double scale = std::max(ttft - inside, 0.0) / before;
  cluster.request_s *= scale;
  cluster.prompt_token_s *= scale;
  return {};
}

}  // namespace roofscape::cli
