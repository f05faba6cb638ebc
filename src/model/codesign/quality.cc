#include "model/codesign/quality.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace roofscape::codesign {
namespace {

Error Wrong(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

constexpr double kBillion = 1e9;

const catalog::Eval* FindEval(const catalog::Catalog& catalog, const std::string& id) {
  const auto found = std::find_if(catalog.evals.begin(), catalog.evals.end(),
                                  [&](const catalog::Eval& e) { return e.entry.id == id; });
  return found == catalog.evals.end() ? nullptr : &*found;
}

std::optional<std::string> CountsFallShort(const Quality& q, const catalog::Model& model) {
  const catalog::ParameterCount count = catalog::CountParameters(model);
  const auto off = [&](double has, double wants) {
    return std::abs(has / (wants * kBillion) - 1.0) > q.tolerance;
  };
  if (off(count.total, q.total_b)) {
    return fmt::format("has {:.4g} B parameters, not {:.4g}", count.total / kBillion, q.total_b);
  }
  if (off(count.active, q.active_b)) {
    return fmt::format("works with {:.4g} B parameters for a token, not {:.4g}",
                       count.active / kBillion, q.active_b);
  }
  return {};
}

std::optional<std::string> LawFallsShort(const Quality& q, const catalog::Model& model) {
  const bool routed = std::any_of(model.ffns.begin(), model.ffns.end(),
                                  [](const catalog::FfnLayers& f) { return f.routed; });
  if (routed) return "has routed experts, of which the law says nothing";
  const double loss =
      q.law.LossOf(catalog::CountParameters(model).total, q.training_tokens_t * 1e12);
  if (loss <= q.most_loss) return {};
  return fmt::format("has a loss of {:.4f} by the law, above {:g}", loss, q.most_loss);
}

std::optional<std::string> ScoreFallsShort(const Quality& q, const catalog::Eval& eval,
                                           const catalog::Model& model) {
  std::optional<double> best;
  for (const catalog::Score& score : eval.scores) {
    if (score.model != model.entry.id || score.estimated) continue;
    if (!best || score.score > *best) best = score.score;
  }
  if (!best) return fmt::format("has no score in '{}'", eval.entry.id);
  if (*best < q.least_score) return fmt::format("scores {:.3g} in '{}'", *best, eval.entry.id);
  return {};
}

}  // namespace

double ScalingLaw::LossOf(double parameters, double tokens) const {
  return floor + n_scale / std::pow(parameters, n_power) + d_scale / std::pow(tokens, d_power);
}

std::string QualityText(const Quality& q) {
  std::string text = "nothing";
  if (q.rule == Quality::Rule::kParameters) {
    text = fmt::format("{:g} B parameters, {:g} B of them for a token, each within {:g} %",
                       q.total_b, q.active_b, q.tolerance * 100.0);
  } else if (q.rule == Quality::Rule::kScore) {
    text = fmt::format("a score of at least {:g} in '{}'", q.least_score, q.eval);
  }
  if (q.rule == Quality::Rule::kLaw) {
    text = fmt::format(
        "a loss of at most {:g} nats a token after {:g} T tokens by a scaling law, "
        "which errs by {:g} ({})",
        q.most_loss, q.training_tokens_t, q.law.error_nats, q.law.source);
  }
  if (!q.because.empty()) text += " (" + q.because + ")";
  return text;
}

Result<> CheckQuality(const Quality& q, const catalog::Catalog& catalog) {
  switch (q.rule) {
    case Quality::Rule::kNone:
      return Wrong(
          "quality: nothing says which models are equally good, and without that the smallest wins "
          "by being small; add [quality] with rule = \"parameters\" (total_b, active_b), "
          "\"score\" (eval, least_score) or \"law\" ([quality.law], training_tokens_t, "
          "most_loss)");
    case Quality::Rule::kParameters:
      if (q.total_b > 0.0 && q.active_b > 0.0 && q.active_b <= q.total_b) break;
      return Wrong(
          "quality: rule 'parameters' needs total_b and active_b, in billions, and no more active "
          "than there are");
    case Quality::Rule::kScore: {
      const catalog::Eval* eval = FindEval(catalog, q.eval);
      if (eval == nullptr) {
        return Wrong(
            fmt::format("quality: eval: the catalog has no scores '{}'; 'roofscape "
                        "catalog list' names them",
                        q.eval));
      }
      if (!eval->comparable) {
        return Wrong(
            fmt::format("quality: eval: the rows of '{}' were run by different testers in "
                        "different ways and do not compare; choose scores of one harness",
                        q.eval));
      }
      if (q.least_score > 0.0 && q.least_score <= 1.0) break;
      return Wrong("quality: least_score must be above 0 and at most 1");
    }
    case Quality::Rule::kLaw:
      if (q.law.n_scale > 0.0 && q.law.n_power > 0.0 && q.law.d_scale > 0.0 &&
          q.law.d_power > 0.0 && q.training_tokens_t > 0.0 && q.most_loss > q.law.floor) {
        break;
      }
      return Wrong(
          "quality: rule 'law' needs [quality.law] (n_scale, n_power, d_scale, d_power above 0), "
          "training_tokens_t and a most_loss above the law's floor");
  }
  // So wide a band would let a model half as large through.
  constexpr double kWidest = 0.1;
  if (q.tolerance > 0.0 && q.tolerance <= kWidest) return {};
  return Wrong("quality: tolerance_percent must be above 0 and at most 10");
}

std::optional<std::string> FallsShort(const Quality& q, const catalog::Catalog& catalog,
                                      const catalog::Model& model) {
  if (q.rule == Quality::Rule::kScore) {
    const catalog::Eval* eval = FindEval(catalog, q.eval);
    return eval == nullptr ? std::optional<std::string>("has no score")
                           : ScoreFallsShort(q, *eval, model);
  }
  if (q.rule == Quality::Rule::kLaw) return LawFallsShort(q, model);
  if (q.rule == Quality::Rule::kNone) return "nothing says that it is as good";
  return CountsFallShort(q, model);
}

}  // namespace roofscape::codesign
