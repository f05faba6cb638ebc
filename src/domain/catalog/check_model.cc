#include <cmath>

#include <fmt/format.h>

#include "domain/catalog/check.h"

namespace roofscape::catalog {
namespace {

class ModelCheck {
 public:
  ModelCheck(const Model& model, std::vector<Problem>& out) : model_(&model), out_(&out) {}

  void Run() {
    CheckSizes();
    for (std::size_t i = 0; i < model_->mixers.size(); ++i) CheckMixer(i);
    for (std::size_t i = 0; i < model_->ffns.size(); ++i) CheckFfn(i);
    CheckLayers();
    if (model_->total_b && model_->active_b && *model_->active_b > *model_->total_b) {
      Add("parameters.active_b",
          fmt::format("{} is above total_b, {}", *model_->active_b, *model_->total_b));
    }
    CheckCounts();
  }

 private:
  void Add(std::string field, std::string what) {
    out_->push_back({model_->entry.file, std::move(field), std::move(what)});
  }

  void CheckSizes() {
    if (model_->layers < 1) Add("layers", "must be 1 or more");
    if (model_->hidden < 1) Add("hidden", "must be 1 or more");
    if (model_->vocab < 1) Add("vocab", "must be 1 or more");
    if (model_->context_tokens < 1) Add("context_tokens", "must be 1 or more");
    if (model_->mixers.empty()) Add("mixer", "is missing: say how the layers mix tokens");
  }

  void CheckMixer(std::size_t index) {
    const MixerLayers& m = model_->mixers[index];
    const std::string row = fmt::format("mixer[{}]", index);
    if (m.layers < 1) Add(row + ".layers", "must be 1 or more");
    if (m.q_heads < 1) Add(row + ".q_heads", "must be 1 or more");
    if (m.mixer != Mixer::kMla && m.head_dim < 1) Add(row + ".head_dim", "must be 1 or more");
    if (m.mixer == Mixer::kGqa && (m.kv_heads < 1 || m.q_heads % m.kv_heads != 0)) {
      Add(row + ".kv_heads", fmt::format("{} does not divide q_heads, {}", m.kv_heads, m.q_heads));
    }
    if (m.indexer && m.indexer->layers && *m.indexer->layers > m.layers) {
      Add(row + ".indexer.layers", "is above the layers of its kind");
    }
  }

  void CheckFfn(std::size_t index) {
    const FfnLayers& f = model_->ffns[index];
    const std::string row = fmt::format("ffn[{}]", index);
    if (f.layers < 1) Add(row + ".layers", "must be 1 or more");
    if (f.width < 1) Add(row + ".width", "must be 1 or more");
    if (f.routed && (f.top_k < 1 || f.top_k > f.experts)) {
      Add(row + ".top_k",
          fmt::format("{} must lie between 1 and the experts, {}", f.top_k, f.experts));
    }
  }

  /// Each layer mixes once and transforms once, or, in hybrids, is a layer of its own.
  void CheckLayers() {
    std::int64_t mixers = 0;
    std::int64_t ffns = 0;
    for (const MixerLayers& m : model_->mixers) mixers += m.layers;
    for (const FfnLayers& f : model_->ffns) ffns += f.layers;
    const bool paired = mixers == model_->layers && ffns == model_->layers;
    if (paired || mixers + ffns == model_->layers) return;
    Add("layers", fmt::format("is {}, but there are {} of mixer and {} of ffn", model_->layers,
                              mixers, ffns));
  }

  void CheckCount(std::string field, double counted, const std::optional<double>& stated_b) {
    if (!stated_b) return;
    const double stated = *stated_b * 1e9;
    const double off = stated > 0 ? std::abs(counted / stated - 1) : 1;
    if (off <= kCountTolerance || !model_->count_note.empty()) return;
    Add(std::move(field),
        fmt::format(
            "the shape makes {:.4g} billion, {:.1f} % off the stated {}: correct one, or say "
            "why in parameters.note",
            counted / 1e9, 100 * off, *stated_b));
  }

  void CheckCounts() {
    const ParameterCount count = CountParameters(*model_);
    CheckCount("parameters.total_b", count.total, model_->total_b);
    CheckCount("parameters.active_b", count.active, model_->active_b);
  }

  const Model* model_;
  std::vector<Problem>* out_;
};

}  // namespace

void CheckModel(const Model& model, std::vector<Problem>& out) { ModelCheck(model, out).Run(); }

}  // namespace roofscape::catalog
