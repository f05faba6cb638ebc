#include "model/perf/own_times.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "domain/catalog/catalog.h"
#include "domain/catalog/reached_rate.h"

namespace roofscape::perf {
namespace {

double Of(std::int64_t n) { return static_cast<double>(n); }

/// The chip's own word for a format; empty where no row has it.
std::string FormatOf(const catalog::Chip& chip, std::string_view format) {
  const std::string folded = catalog::Fold(format);
  for (const catalog::MatrixRate& row : chip.products) {
    if (catalog::Fold(row.type) == folded) return row.type;
  }
  return {};
}

/// Products of the format were measured with so many threads.
std::set<std::int64_t> ThreadsOf(const catalog::Chip& chip, const std::string& format) {
  std::set<std::int64_t> threads;
  for (const catalog::MatrixRate& row : chip.products) {
    if (row.type == format) threads.insert(row.threads);
  }
  return threads;
}

std::int64_t ThreadsOf(const catalog::Chip& chip, const OwnKernels& kernels) {
  if (kernels.threads > 0) return kernels.threads;
  const auto measured = ThreadsOf(chip, FormatOf(chip, kernels.format));
  return measured.empty() ? 1 : *measured.rbegin();
}

struct Product {
  double times = 0.0;
  std::int64_t n = 0;
  std::int64_t k = 0;
};

/// Engines multiply each of these by itself.
std::vector<Product> ProductsOf(const catalog::Model& model) {
  std::vector<Product> out;
  const std::int64_t hidden = model.hidden;
  for (const catalog::MixerLayers& m : model.mixers) {
    const double layers = Of(m.layers);
    out.push_back({layers, m.q_heads * m.head_dim, hidden});
    out.push_back({layers * (m.shared_kv ? 1.0 : 2.0), m.kv_heads * m.head_dim, hidden});
    out.push_back({layers, hidden, m.q_heads * m.head_dim});
  }
  for (const catalog::FfnLayers& f : model.ffns) {
    out.push_back({Of(f.layers) * (f.gated ? 2.0 : 1.0), f.width, hidden});
    out.push_back({Of(f.layers), hidden, f.width});
  }
  return out;
}

Result<> CheckLayers(const catalog::Model& model) {
  const bool plain =
      std::all_of(model.mixers.begin(), model.mixers.end(),
                  [](const auto& m) { return m.mixer == catalog::Mixer::kGqa && !m.indexer; }) &&
      std::none_of(model.ffns.begin(), model.ffns.end(), [](const auto& f) { return f.routed; });
  if (plain && model.mixers.size() <= kMaxAttentions) return {};
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("model '{}': on a processor's own measurements only grouped attention "
                           "and dense feed-forward layers are predicted; choose a chip of the "
                           "catalog, or another model",
                           model.entry.id)};
}

/// Building and starting a graph anew, of each further pass of a step: the first one's is kept from
/// step to step. As llama.cpp took them on one processor.
constexpr double kPassStart = 200e-6;    // [s]
constexpr double kPassOfALayer = 50e-6;  // [s]

class Maker {
 public:
  Maker(const catalog::Chip& chip, const catalog::Model& model, const OwnKernels& kernels)
      : chip_(chip),
        model_(model),
        format_(FormatOf(chip, kernels.format)),
        threads_(ThreadsOf(chip, kernels)),
        library_(kernels.library),
        products_(ProductsOf(model)) {
    if (kernels.slots.slots > 1) runs_ = SlotRuns(kernels.slots);
    double weights = Of(model.vocab) * Of(model.hidden);
    for (const Product& p : products_) weights += p.times * Of(p.n) * Of(p.k);
    set_mb_ = weights * BytesOfAWeight() / 1e6;
  }

  KernelTimes Make() const {
    KernelTimes out;
    out.products = TimeLine([&](double tokens) { return InPasses(tokens); });
    out.head = TimeLine(
        [&](double tokens) { return Seconds(format_, tokens, model_.vocab, model_.hidden); });
    for (std::size_t i = 0; i < model_.mixers.size(); ++i) SetAttention(i, out);
    return out;
  }

 private:
  double OnePass(double tokens) const {
    double seconds = 0.0;
    for (const Product& p : products_) seconds += p.times * Seconds(format_, tokens, p.n, p.k);
    return seconds;
  }

  /// A decode step of all that are served costs a pass for each run of slots; of fewer, in
  /// proportion between one and all.
  double InPasses(double tokens) const {
    if (runs_.size() < 2 || tokens > Of(std::ssize(runs_))) return OnePass(tokens);
    const double pass = kPassStart + kPassOfALayer * Of(model_.layers);
    double all = 0.0;
    for (std::size_t k = 0; k < runs_.size(); ++k) {
      all += runs_[k] * (OnePass(Of(static_cast<std::int64_t>(k) + 1)) + pass);
    }
    all -= pass;  // One is in the host's share.
    const double one = OnePass(1.0);
    return one + (all - one) * (tokens - 1.0) / (Of(std::ssize(runs_)) - 1.0);
  }

  double BytesOfAWeight() const {
    const std::string format = catalog::Fold(format_);
    if (format == "q40") return 18.0 / 32.0;
    if (format == "q80") return 34.0 / 32.0;
    return format == "f32" ? 4.0 : format == "fp8" ? 1.0 : 2.0;
  }

  double Seconds(std::string_view type, double m, std::int64_t n, std::int64_t k) const {
    const auto time = catalog::MatrixTime(chip_, {type, threads_, m, n, k, set_mb_, library_});
    return time ? time->value() : 0.0;
  }

  void SetAttention(std::size_t at, KernelTimes& out) const {
    const catalog::MixerLayers& m = model_.mixers[at];
    const auto one = [&](bool prompt, double keys) {
      return catalog::AttentionTime(chip_, {threads_, prompt, keys, m.q_heads, m.head_dim});
    };
    const double most = Of(m.window.value_or(m.chunk.value_or(0)));
    const auto seen = [&](double keys) { return most > 0.0 ? std::min(keys, most) : keys; };
    if (one(false, 1.0)) {
      out.decode[at] = TimeGrid([&](double sequences, double context) {
        return Of(m.layers) * sequences * one(false, seen(context))->value();
      });
    }
    if (one(true, 1.0)) {
      out.prefill[at] = TimeGrid([&](double, double length) {
        // Beyond the window each token sees as many as it holds.
        const double within = one(true, seen(length))->value();
        return Of(m.layers) * within * (length / seen(length));
      });
    }
    SetByProducts(m, at, out);
  }

  /// Where attention was not measured: as products of queries with keys, and of weights with
  /// values, that lie in memory as f16 or else as f32. Each sequence has keys of its own.
  void SetByProducts(const catalog::MixerLayers& m, std::size_t at, KernelTimes& out) const {
    const std::string half = FormatOf(chip_, "f16");
    const std::string type = half.empty() ? FormatOf(chip_, "f32") : half;
    if (type.empty()) return;
    const std::int64_t width = 2 * m.q_heads * m.head_dim;
    const auto keys = [&](double of) {
      const double most = Of(m.window.value_or(m.chunk.value_or(0)));
      return std::max<std::int64_t>(
          1, static_cast<std::int64_t>(most > 0.0 ? std::min(of, most) : of));
    };
    if (out.decode[at].empty()) {
      out.decode[at] = TimeGrid([&](double sequences, double context) {
        return Of(m.layers) * sequences * Seconds(type, 1.0, keys(context), width);
      });
    }
    if (out.prefill[at].empty()) {
      out.prefill[at] = TimeGrid([&](double, double length) {
        return Of(m.layers) * 0.5 * Seconds(type, length, keys(length), width);
      });
    }
  }

  const catalog::Chip& chip_;
  const catalog::Model& model_;
  std::string format_;
  std::int64_t threads_;
  std::string library_;
  std::vector<Product> products_;
  double set_mb_ = 0.0;
  std::vector<double> runs_;
};

}  // namespace

std::string_view LibraryOf(std::string_view engine) {
  const std::string folded = catalog::Fold(engine);
  return folded.find("llama") != std::string::npos || folded.find("ggml") != std::string::npos
             ? "ggml"
             : "";
}

bool MeasuredItself(const catalog::Chip& chip, std::string_view format) {
  // A GPU's probe measures copies, not reads.
  return !chip.reads.empty() && !FormatOf(chip, format).empty();
}

Result<std::shared_ptr<const KernelTimes>> OwnTimes(const catalog::Chip& chip,
                                                    const catalog::Model& model,
                                                    const OwnKernels& kernels) {
  RS_RETURN_IF_ERROR(CheckLayers(model));
  const auto measured = ThreadsOf(chip, FormatOf(chip, kernels.format));
  if (!measured.contains(ThreadsOf(chip, kernels))) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("--threads {}: '{}' measured {} with {} threads: choose one of them, "
                             "or run roofscape probe --threads {}",
                             kernels.threads, chip.entry.id, kernels.format,
                             fmt::join(measured, " and "), kernels.threads)};
  }
  return std::make_shared<const KernelTimes>(Maker(chip, model, kernels).Make());
}

Coefficients<double> OwnCoefficients(const catalog::Chip& chip, const OwnKernels& kernels) {
  constexpr double kUs = 1e-6;
  Coefficients<double> c = {};
  for (std::size_t i = 0; i < kCoefficients; ++i) c[i] = CoefficientTable()[i].prior;
  for (std::size_t i = kCurveProducts; i < kPasses; ++i) c[i] = 1.0;
  // An engine's graph has some five nodes for each kernel that is counted here, and its threads
  // wait for one another at each; a single thread only walks from one to the next.
  const double node =
      ThreadsOf(chip, kernels) > 1 ? chip.reached.launch_us.value_or(1.0) * kUs : 0.2 * kUs;
  c[kKernelFloor] = c[kPrefillFloor] = 5.0 * node;
  c[kPasses] = 100.0;  // In f32, value by value, by plain loops.
  c[kStepHost] = 20.0 * kUs;
  c[kSequenceHost] = 130.0 * kUs;  // Sampling, text, JSON, a write to a socket.
  c[kPrefillHost] = 0.0;
  // With caches apart a prompt is a pass of its own, else prompts and tokens share one.
  c[kMix] = kernels.slots.slots > 1 ? 1.0 : 0.0;
  c[kRequest] = 1000.0 * kUs;
  c[kPromptToken] = 1.0 * kUs;
  c[kBurst] = 0.0;  // `bench` staggers the start, and its steady window leaves it out.
  c[kPoll] = c[kFront] = 0.0;
  c[kMemoryShare] = 1.0;
  return c;
}

}  // namespace roofscape::perf
