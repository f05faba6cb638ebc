#include "model/codesign/shapes.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace roofscape::codesign {
namespace {

using catalog::Mixer;

Error Wrong(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

/// Blocks that share a scale, tiles of products, heads: widths are multiples of it.
constexpr std::int64_t kStep = 128;

/// Kinds of layers that keep their shares of all when those are `times` as many; the last takes
/// what rounding leaves.
template <class Layers>
void ShareLayers(std::vector<Layers>& kinds, double times) {
  double all = 0.0;
  for (const Layers& kind : kinds) all += static_cast<double>(kind.layers);
  std::int64_t left = std::llround(all * times);
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const bool last = i + 1 == kinds.size();
    const auto own = std::llround(static_cast<double>(kinds[i].layers) * times);
    kinds[i].layers = std::max<std::int64_t>(last ? left : std::min<std::int64_t>(own, left), 1);
    left -= kinds[i].layers;
  }
}

/// "gqa-8" is 8.
std::optional<std::int64_t> KvHeads(const std::string& form) {
  if (!form.starts_with("gqa-")) return {};
  std::int64_t heads = 0;
  const char* end = form.data() + form.size();
  const auto [rest, error] = std::from_chars(form.data() + 4, end, heads);
  if (error != std::errc() || rest != end || heads < 1) return {};
  return heads;
}

/// All attention in one form: latents as DeepSeek's, or heads of 128.
Result<> SetAttention(const std::string& form, catalog::Model& model) {
  const auto kv_heads = KvHeads(form);
  if (form != "mla" && !kv_heads) {
    return Wrong(fmt::format("model.shape.attention: '{}' is not known: write mla or gqa-8", form));
  }
  for (catalog::MixerLayers& m : model.mixers) {
    if (m.mixer != Mixer::kGqa && m.mixer != Mixer::kMla) continue;
    catalog::MixerLayers now;
    now.layers = m.layers;
    now.place = m.place;
    now.q_heads = m.q_heads;
    if (kv_heads) {
      if (m.q_heads % *kv_heads != 0) {
        return Wrong(fmt::format("model.shape.attention: {} query heads do not divide by '{}'",
                                 m.q_heads, form));
      }
      now.mixer = Mixer::kGqa;
      now.kv_heads = *kv_heads;
      now.head_dim = 128;
    } else if (m.mixer == Mixer::kMla) {
      now = m;
    } else {
      now.mixer = Mixer::kMla;
      now.q_lora = 1536;
      now.kv_lora = 512;
      now.qk_nope = 128;
      now.qk_rope = 64;
      now.v_head_dim = 128;
    }
    m = now;
  }
  return {};
}

catalog::FfnLayers* Routed(catalog::Model& model) {
  const auto found = std::find_if(model.ffns.begin(), model.ffns.end(),
                                  [](const catalog::FfnLayers& f) { return f.routed; });
  return found == model.ffns.end() ? nullptr : &*found;
}

/// Where a count that grows with `n` as a line reaches `target`.
template <class Set, class Count>
std::int64_t Solve(double target, std::int64_t step, Set set, Count count) {
  set(step);
  const double at_one = count();
  set(2 * step);
  const double each = count() - at_one;
  if (each <= 0.0) return step;
  return std::max<std::int64_t>(std::llround((target - at_one) / each) + 1, 1) * step;
}

/// The width of experts and how many of them work, so that the counts are as stated.
void SolveCounts(const ShapeAxes& axes, const Quality& q, catalog::Model& model) {
  if (q.rule != Quality::Rule::kParameters) return;
  catalog::FfnLayers* routed = Routed(model);
  catalog::FfnLayers* ffn = routed != nullptr ? routed : &model.ffns.back();
  if (axes.width.empty()) {
    const auto set = [&](std::int64_t width) { ffn->width = width; };
    set(Solve(q.total_b * 1e9, kStep, set, [&] { return catalog::CountParameters(model).total; }));
  }
  if (routed != nullptr && axes.top_k.empty() && !axes.experts.empty()) {
    const auto set = [&](std::int64_t k) { routed->top_k = k; };
    set(std::min(
        Solve(q.active_b * 1e9, 1, set, [&] { return catalog::CountParameters(model).active; }),
        routed->experts));
  }
}

/// One value of each axis; missing: as the base.
struct Choice {
  std::optional<std::int64_t> layers, hidden, experts, top_k, width;
  std::optional<std::string> attention;
};

Result<catalog::Model> Make(const catalog::Model& base, const Choice& choice, const ShapeAxes& axes,
                            const Quality& quality) {
  catalog::Model model = base;
  model.total_b = model.active_b = std::nullopt;
  if (choice.layers) {
    const double times = static_cast<double>(*choice.layers) / static_cast<double>(base.layers);
    ShareLayers(model.mixers, times);
    ShareLayers(model.ffns, times);
    model.layers = *choice.layers;
  }
  if (choice.hidden) model.hidden = *choice.hidden;
  if (choice.attention) RS_RETURN_IF_ERROR(SetAttention(*choice.attention, model));
  catalog::FfnLayers* routed = Routed(model);
  if (routed != nullptr && choice.experts) routed->experts = *choice.experts;
  if (routed != nullptr && choice.top_k) routed->top_k = *choice.top_k;
  if (choice.width) (routed != nullptr ? routed : &model.ffns.back())->width = *choice.width;
  SolveCounts(axes, quality, model);
  model.entry.name = ShapeText(model);
  model.entry.id = base.entry.id + ": " + model.entry.name;
  model.hugging_face.clear();
  return model;
}

template <class T>
std::vector<std::optional<T>> Values(const std::vector<T>& axis) {
  if (axis.empty()) return {std::nullopt};
  return {axis.begin(), axis.end()};
}

std::vector<Choice> Choices(const ShapeAxes& axes) {
  std::vector<Choice> all;
  for (const auto& layers : Values(axes.layers)) {
    for (const auto& hidden : Values(axes.hidden)) {
      for (const auto& experts : Values(axes.experts)) {
        for (const auto& top_k : Values(axes.top_k)) {
          for (const auto& width : Values(axes.width)) {
            for (const auto& attention : Values(axes.attention)) {
              all.push_back({layers, hidden, experts, top_k, width, attention});
            }
          }
        }
      }
    }
  }
  return all;
}

std::string AttentionText(const catalog::MixerLayers& m) {
  if (m.mixer == Mixer::kGqa) return fmt::format("gqa-{}", m.kv_heads);
  return std::string(catalog::Name(m.mixer));
}

}  // namespace

std::string ShapeText(const catalog::Model& model) {
  std::string text = fmt::format("{} x {}", model.layers, model.hidden);
  std::string last;
  for (const catalog::MixerLayers& m : model.mixers) {
    const std::string form = AttentionText(m);
    if (form != last) text += ", " + form;
    last = form;
  }
  for (const catalog::FfnLayers& f : model.ffns) {
    if (f.routed) {
      text += fmt::format(", {} experts of {}, {} a token", f.experts, f.width, f.top_k);
    }
  }
  return text;
}

Result<catalog::Model> DrawShape(const catalog::Model& base, const ShapeAxes& one) {
  if (one.empty()) return base;
  if (base.mixers.empty() || base.ffns.empty()) {
    return Wrong(
        fmt::format("model '{}' has no layers of one kind: name another base", base.entry.id));
  }
  const std::vector<Choice> choices = Choices(one);
  if (choices.size() != 1) return Wrong("a drawn shape has one value of each axis");
  RS_ASSIGN_OR_RETURN(catalog::Model made, Make(base, choices[0], one, Quality()));
  const catalog::FfnLayers* routed = Routed(made);
  if (routed != nullptr && routed->top_k > routed->experts) {
    return Wrong(fmt::format("model.shape: {} experts a token, of {}: choose fewer a token",
                             routed->top_k, routed->experts));
  }
  return made;
}

Result<Shapes> MakeShapes(const std::vector<const catalog::Model*>& bases, const ShapeAxes& axes,
                          const Quality& quality, const catalog::Catalog& catalog) {
  RS_RETURN_IF_ERROR(CheckQuality(quality, catalog));
  std::vector<catalog::Model> all;
  for (const catalog::Model* base : bases) {
    all.push_back(*base);
    if (axes.empty()) continue;
    if (base->mixers.empty() || base->ffns.empty()) {
      return Wrong(
          fmt::format("model '{}' has no layers of one kind: name another base", base->entry.id));
    }
    for (const Choice& choice : Choices(axes)) {
      RS_ASSIGN_OR_RETURN(catalog::Model made, Make(*base, choice, axes, quality));
      if (ShapeText(made) != ShapeText(*base)) all.push_back(std::move(made));
    }
  }
  const auto by_id = [](const auto& a, const auto& b) { return a.entry.id < b.entry.id; };
  const auto same = [](const auto& a, const auto& b) { return a.entry.id == b.entry.id; };
  std::stable_sort(all.begin(), all.end(), by_id);
  all.erase(std::unique(all.begin(), all.end(), same), all.end());
  Shapes out;
  for (catalog::Model& model : all) {
    if (auto why = FallsShort(quality, catalog, model)) {
      out.refused.push_back({model.entry.name, *std::move(why)});
    } else {
      out.models.push_back(std::move(model));
    }
  }
  if (out.models.empty()) {
    return Wrong(fmt::format("quality: no shape meets it: {}; {} {}", QualityText(quality),
                             out.refused.front().name, out.refused.front().why));
  }
  return out;
}

}  // namespace roofscape::codesign
