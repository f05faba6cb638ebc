#include "model/perf/kernel_times.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace roofscape::perf {
namespace {

using catalog::Mixer;

double Of(std::int64_t n) { return static_cast<double>(n); }
double Of(const std::optional<std::int64_t>& n, double otherwise) {
  return n ? static_cast<double>(*n) : otherwise;
}

KernelEngine EngineOf(EngineClass engine) {
  if (engine == kSglang) return KernelEngine::kSglang;
  return engine == kTensorRtLlm ? KernelEngine::kTrtllm : KernelEngine::kVllm;
}

/// The measured chip whose peaks are nearest, by the logarithms of arithmetic and bandwidth.
std::string MostAlike(const KernelCurves& curves, const Machine& m) {
  std::string best;
  double least = std::numeric_limits<double>::infinity();
  for (const KernelCurves::Chip& chip : curves.chips()) {
    if (chip.id == m.chip) return chip.id;
    const double apart =
        std::abs(std::log(chip.roofs.bf16_flops / PeakFlops(m, Precision::kBf16))) +
        std::abs(std::log(chip.roofs.memory_bytes_s / m.bandwidth));
    if (apart < least) {
      least = apart;
      best = chip.id;
    }
  }
  return best;
}

/// A machine's peaks as the curves count them: a precision without units of its own has none.
Roofs RoofsOf(const Machine& m) {
  const double bf16 = PeakFlops(m, Precision::kBf16);
  const double fp8 = PeakFlops(m, Precision::kFp8);
  const double fp4 = PeakFlops(m, Precision::kFp4);
  return {bf16, fp8 > bf16 ? fp8 : 0.0, fp4 > fp8 ? fp4 : 0.0, fp8, m.bandwidth, m.link_bandwidth};
}

/// One product of a layer: how often it runs a pass, its weight's shape, how it is kept.
struct Product {
  double times = 0.0;
  double n = 0.0;
  double k = 0.0;
  Precision precision = Precision::kBf16;
};

class Maker {
 public:
  Maker(const KernelCurves& curves, const Machine& machine, const catalog::Model& model,
        const Layout& layout, const Formats& formats, EngineClass engine, Routing routing)
      : curves_(curves),
        chip_(MostAlike(curves, machine)),
        borrowed_(chip_ != machine.chip),
        roofs_(RoofsOf(machine)),
        model_(model),
        layout_(layout),
        formats_(formats),
        engine_(EngineOf(engine)),
        routing_(routing),
        group_(layout.chips / layout.pp / layout.dp),
        hidden_(Of(model.hidden)),
        blocks_(model.precision.find("block") != std::string::npos) {}

  KernelTimes Make() {
    KernelTimes out;
    out.borrowed = borrowed_;
    std::size_t attention = 0;
    for (const catalog::MixerLayers& m : model_.mixers) AddMixer(m, attention, out);
    for (const catalog::FfnLayers& f : model_.ffns) AddFfn(f, out);
    out.products = Line(products_);
    out.head = Line({{1.0, Of(model_.vocab) / group_, hidden_, Precision::kBf16}});
    if (group_ > 1.0) SetSums(out);
    return out;
  }

 private:
  /// Own engine first.
  std::array<KernelEngine, 3> Engines() const {
    std::array<KernelEngine, 3> all = {KernelEngine::kSglang, KernelEngine::kTrtllm,
                                       KernelEngine::kVllm};
    std::stable_partition(all.begin(), all.end(), [&](KernelEngine e) { return e == engine_; });
    return all;
  }

  const KernelCurve* Find(KernelOp op, std::initializer_list<KernelPrecision> precisions,
                          std::uint16_t variant) const {
    for (const KernelPrecision precision : precisions) {
      for (const KernelEngine engine : Engines()) {
        const KernelCurve* c = curves_.Find(chip_, {op, engine, precision, variant});
        if (c != nullptr) return c;
      }
    }
    return nullptr;
  }

  template <class Shape>
  double Seconds(const KernelCurve& curve, const Shape& shape) const {
    return curve.Seconds(Locate(shape, curve.key().precision, roofs_));
  }

  template <class Shape>
  double Least(const std::vector<const KernelCurve*>& curves, const Shape& shape) const {
    double least = std::numeric_limits<double>::infinity();
    for (const KernelCurve* c : curves) least = std::min(least, Seconds(*c, shape));
    return least;
  }

  /// How weights of a precision may be kept, likeliest first.
  using Kinds = std::array<KernelPrecision, 2>;

  Kinds ProductKinds(Precision precision) const {
    using enum KernelPrecision;
    if (precision == Precision::kFp8) return {blocks_ ? kFp8Block : kFp8, kFp8};
    if (precision == Precision::kFp4) return {kNvfp4, kInt4Weight};
    return {kBf16, kBf16};
  }

  Kinds ExpertKinds() const {
    using enum KernelPrecision;
    if (formats_.experts == Precision::kFp8) return {kFp8Block, kFp8};
    if (formats_.experts != Precision::kFp4) return {kBf16, kBf16};
    if (roofs_.fp4_flops <= 0.0) return {kMxfp4, kInt4Weight};
    const bool mx = model_.precision.find("mxfp4") != std::string::npos;
    return {mx ? kMxfp4Mxfp8 : kNvfp4, kNvfp4};
  }

  /// Of a product, the curves of all engines: the tables of some were taken from the host.
  std::vector<const KernelCurve*> ProductCurves(Precision precision) const {
    std::vector<const KernelCurve*> found;
    for (const KernelPrecision kind : ProductKinds(precision)) {
      for (const KernelEngine engine : Engines()) {
        const KernelCurve* c = curves_.Find(chip_, {KernelOp::kGemm, engine, kind, 0});
        if (c != nullptr) found.push_back(c);
      }
      if (!found.empty()) break;
    }
    return found;
  }

  TimeLine Line(const std::vector<Product>& products) const {
    TimeLine sum;
    for (const Product& p : products) {
      const auto curves = ProductCurves(p.precision);
      if (curves.empty()) return {};
      sum += TimeLine(
          [&](double tokens) { return p.times * Least(curves, GemmShape{tokens, p.n, p.k}); });
    }
    return sum;
  }

  void AddMixer(const catalog::MixerLayers& m, std::size_t& attention, KernelTimes& out) {
    const double layers = Of(m.layers);
    AddProjections(m);
    if (m.mixer == Mixer::kGqa || m.mixer == Mixer::kMla || m.mixer == Mixer::kCompressed) {
      if (attention == kMaxAttentions) return;
      if (m.mixer == Mixer::kGqa && !m.indexer) SetGqa(m, layers, attention, out);
      if (m.mixer == Mixer::kMla && !m.indexer) SetMla(m, layers, attention, out);
      ++attention;
      return;
    }
    if (m.mixer == Mixer::kGatedDeltaNet) SetDeltaNet(m, layers, out);
  }

  /// Products around a mixer. What has no form of its own here counts as one product in and one of
  /// the heads' width out.
  void AddProjections(const catalog::MixerLayers& m) {
    const double layers = Of(m.layers);
    const Precision p = formats_.attention;
    if (m.mixer == Mixer::kMla) {
      const double heads = Of(m.q_heads) / group_;
      const double in = Of(m.kv_lora, 0.0) + Of(m.qk_rope, 0.0);
      const double q = heads * (Of(m.qk_nope, 0.0) + Of(m.qk_rope, 0.0));
      const double q_lora = Of(m.q_lora, 0.0);
      products_.push_back({layers, in + q_lora, hidden_, p});
      products_.push_back({layers, q, q_lora > 0.0 ? q_lora : hidden_, p});
      products_.push_back({layers, hidden_, heads * Of(m.v_head_dim, 0.0), p});
      return;
    }
    const double values = m.mixer == Mixer::kGatedDeltaNet ? Of(m.kv_heads) : Of(m.q_heads);
    const double width = values * Of(m.v_head_dim, Of(m.head_dim)) / group_;
    double in = catalog::MixerParameters(m, hidden_) / hidden_ / group_ - width;
    if (m.mixer == Mixer::kGqa) {
      const double kv = (m.shared_kv ? 1.0 : 2.0) * std::max(Of(m.kv_heads) / group_, 1.0);
      in = (m.output_gate ? 2.0 : 1.0) * width + kv * Of(m.head_dim);
    }
    products_.push_back({layers, std::max(in, 1.0), hidden_, p});
    products_.push_back({layers, hidden_, width, p});
  }

  void SetGqa(const catalog::MixerLayers& m, double layers, std::size_t at, KernelTimes& out) {
    const bool narrow = formats_.cache_bytes < 2.0;
    const double window = Of(m.window, Of(m.chunk, 0.0));
    const double heads = std::max(Of(m.q_heads) / group_, 1.0);
    const double kv = std::max(Of(m.kv_heads) / group_, 1.0);
    const double dim = Of(m.head_dim);
    if (const KernelCurve* c = Attention(KernelOp::kDecodeAttention, narrow, dim, window > 0.0)) {
      out.decode[at] = TimeGrid([&](double batch, double context) {
        return layers * Seconds(*c, DecodeShape{batch, context, heads, kv, dim, window});
      });
    }
    if (const KernelCurve* c = Attention(KernelOp::kPrefillAttention, narrow, dim, window > 0.0)) {
      out.prefill[at] = TimeGrid([&](double batch, double tokens) {
        const PrefillShape shape{batch, tokens, 0.0, heads, kv, dim, window};
        return layers * Seconds(*c, shape) / batch;
      });
    }
  }

  const KernelCurve* Attention(KernelOp op, bool narrow, double dim, bool windowed) const {
    for (const KernelPrecision precision :
         {narrow ? KernelPrecision::kBf16KvFp8 : KernelPrecision::kBf16, KernelPrecision::kBf16}) {
      for (const KernelEngine engine : Engines()) {
        const KernelKey key{op, engine, precision, 0};
        if (const KernelCurve* c = curves_.FindAttention(chip_, key, dim, windowed)) return c;
      }
    }
    return nullptr;
  }

  void SetMla(const catalog::MixerLayers& m, double layers, std::size_t at, KernelTimes& out) {
    using enum KernelPrecision;
    const double heads = std::max(Of(m.q_heads) / group_, 1.0);
    const bool narrow = formats_.cache_bytes < 2.0;
    const KernelPrecision cache = narrow ? kBf16KvFp8 : kBf16;
    const KernelCurve* decode = LeastFloor(KernelOp::kMlaDecode, cache);
    const KernelCurve* in = Find(KernelOp::kMlaBmmIn, {kBf16}, 0);
    const KernelCurve* back = Find(KernelOp::kMlaBmmOut, {kBf16}, 0);
    if (decode != nullptr && in != nullptr && back != nullptr) {
      out.decode[at] = TimeGrid([&](double batch, double context) {
        const MlaBmmShape bmm{batch, heads};
        return layers * (Seconds(*decode, MlaDecodeShape{batch, context, heads}) +
                         Seconds(*in, bmm) + Seconds(*back, bmm));
      });
    }
    const KernelCurve* prefill = LeastFloor(KernelOp::kMlaPrefill, cache);
    if (prefill == nullptr) return;
    // A prompt's keys and values are unpacked from the latent: one more product.
    const double unpacked = heads * (Of(m.qk_nope, 0.0) + Of(m.v_head_dim, 0.0));
    const TimeLine unpack = Line({{layers, unpacked, Of(m.kv_lora, 1.0), formats_.attention}});
    out.prefill[at] = TimeGrid([&](double batch, double tokens) {
      const double one = Seconds(*prefill, MlaPrefillShape{batch, tokens, 0.0, heads}) / batch;
      return layers * one + (unpack.empty() ? 0.0 : unpack.At(batch * tokens) / batch);
    });
  }

  /// Own engine's, unless its table was taken from the host (floors of 50 us and more).
  const KernelCurve* LeastFloor(KernelOp op, KernelPrecision precision) const {
    const KernelCurve* best = nullptr;
    for (const KernelEngine engine : Engines()) {
      const KernelCurve* c = curves_.Find(chip_, {op, engine, precision, 0});
      if (c == nullptr) continue;
      if (c->floor_s() < 50e-6) return c;
      if (best == nullptr || c->floor_s() < best->floor_s()) best = c;
    }
    return best;
  }

  void SetDeltaNet(const catalog::MixerLayers& m, double layers, KernelTimes& out) {
    using enum KernelPrecision;
    RecurrentShape shape{1.0,
                         1.0,
                         std::max(Of(m.q_heads) / group_, 1.0),
                         std::max(Of(m.kv_heads) / group_, 1.0),
                         Of(m.head_dim),
                         Of(m.v_head_dim, Of(m.head_dim))};
    const auto kind = Recurrence::kGatedDeltaNet;
    const auto find = [&](KernelOp op, bool decode) {
      return Find(op, {kBf16}, RecurrentVariant(kind, decode));
    };
    const KernelCurve* decode = find(KernelOp::kRecurrentDecode, true);
    const KernelCurve* prefill = find(KernelOp::kRecurrentPrefill, false);
    const KernelCurve* convolve[2] = {find(KernelOp::kRecurrentConvolution, false),
                                      find(KernelOp::kRecurrentConvolution, true)};
    const auto both = [&](const KernelCurve* scan, const KernelCurve* convolution) {
      double seconds = Seconds(*scan, shape);
      shape.convolution = true;
      if (convolution != nullptr) seconds += Seconds(*convolution, shape);
      shape.convolution = false;
      return layers * seconds;
    };
    if (decode != nullptr) {
      out.recurrent_decode += TimeLine([&](double sequences) {
        shape.batch = sequences;
        return both(decode, convolve[1]);
      });
    }
    shape.batch = 1.0;
    if (prefill != nullptr) {
      out.recurrent_prefill += TimeLine([&](double tokens) {
        shape.tokens = tokens;
        return both(prefill, convolve[0]);
      });
    }
  }

  void AddDense(double times, double width, bool gated) {
    const Precision p = formats_.experts;
    products_.push_back({times, (gated ? 2.0 : 1.0) * width / group_, hidden_, p});
    products_.push_back({times, hidden_, width / group_, p});
  }

  void AddFfn(const catalog::FfnLayers& f, KernelTimes& out) {
    const double layers = Of(f.layers);
    if (!f.routed) return AddDense(layers, Of(f.width), f.gated);
    if (f.shared_experts > 0) {
      AddDense(layers, Of(f.shared_experts) * Of(f.shared_width, Of(f.width)), f.gated);
    }
    products_.push_back({layers, Of(f.experts), hidden_, Precision::kBf16});
    const KernelCurve* const c = ExpertCurve(f);
    if (c == nullptr) return;
    MoeShape shape;
    shape.hidden = Of(f.latent, hidden_);
    shape.inter = Of(f.width);
    shape.top_k = Of(f.top_k);
    shape.experts = Of(f.experts);
    shape.ep = layout_.ep;
    shape.tp = std::max(layout_.chips / layout_.pp / layout_.ep, 1.0);
    shape.gated = f.gated;
    shape.routing = routing_;
    out.experts += TimeLine([&](double tokens) {
      shape.tokens = tokens;
      return layers * Seconds(*c, shape);
    });
  }

  /// The engine's own: engines differ more in these than in plain products. Tokens fall on experts
  /// by a power law; evenly, layers of some 32 tokens come out up to a third too slow, since more
  /// experts are read than real tokens touch. Where a routing was not measured, the power law's
  /// efficiency is taken.
  const KernelCurve* ExpertCurve(const catalog::FfnLayers& f) const {
    const Kinds kinds = ExpertKinds();
    for (const Routing routing : {routing_, Routing::kPowerLaw101}) {
      const std::uint16_t variant = MoeVariant(routing, f.gated);
      const KernelCurve* c = Find(KernelOp::kMoe, {kinds[0], kinds[1]}, variant);
      if (c != nullptr) return c;
    }
    return nullptr;
  }

  void SetSums(KernelTimes& out) const {
    const KernelCurve* c = Find(KernelOp::kAllReduceGraph, {KernelPrecision::kBf16}, 0);
    if (c == nullptr) return;
    double layers = 0.0;
    double normed = 0.0;
    for (const catalog::MixerLayers& m : model_.mixers) {
      layers += Of(m.layers);
      normed += m.qk_norm_whole ? Of(m.layers) : 0.0;
    }
    const auto sum = [&](double bytes) {
      return Seconds(*c, CollectiveShape{CollectiveKind::kAllReduce, bytes, group_});
    };
    out.sums = TimeLine([&](double tokens) {
      const double squares = normed > 0.0 ? normed * sum(tokens * kSquaresBytes) : 0.0;
      return 2.0 * layers * sum(tokens * hidden_ * 2.0) + squares;
    });
  }

  const KernelCurves& curves_;
  std::string chip_;
  bool borrowed_;
  Roofs roofs_;
  const catalog::Model& model_;
  Layout layout_;
  Formats formats_;
  KernelEngine engine_;
  Routing routing_;
  double group_;
  double hidden_;
  bool blocks_;
  std::vector<Product> products_;
};

}  // namespace

std::shared_ptr<const KernelTimes> KernelBook::TimesOf(const Machine& machine,
                                                       const catalog::Model& model,
                                                       const Layout& layout, const Formats& formats,
                                                       EngineClass engine) {
  const std::string key = fmt::format(
      "{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", machine.chip, fmt::join(machine.flops, ","),
      machine.bandwidth, machine.link_bandwidth, model.entry.id, layout.chips, layout.dp, layout.ep,
      layout.pp, static_cast<int>(formats.experts), static_cast<int>(formats.attention),
      formats.cache_bytes, static_cast<int>(engine));
  auto& made = made_[key];
  if (!made) {
    Maker maker(curves_, machine, model, layout, formats, engine, routing_);
    made = std::make_shared<const KernelTimes>(maker.Make());
  }
  return made;
}

}  // namespace roofscape::perf
