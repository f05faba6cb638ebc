#include "measure/gguf/model_writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/core/rng.h"
#include "measure/gguf/half.h"
#include "measure/gguf/header.h"
#include "measure/gguf/vocabulary.h"

namespace roofscape::gguf {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10U;

Error CannotWrite(const std::string& path, int error) {
  const char* cure = "check the directory, or choose another place with -o";
  if (error == ENOSPC || error == EDQUOT) {
    cure = "free some space, choose another disk with -o, or make the model smaller (--layers)";
  } else if (error == ENOENT) {
    cure = "create the directory first, or choose another place with -o";
  } else if (error == EACCES || error == EPERM || error == EROFS) {
    cure = "choose a directory where you may write with -o";
  }
  return Error{ErrorCode::kIo, fmt::format("model '{}': cannot be written: {}: {}", path,
                                           std::strerror(error), cure)};
}

/// A file under a temporary name that becomes `path` at Commit, and else disappears.
class PendingFile {
 public:
  explicit PendingFile(std::string path)
      : path_(std::move(path)), temporary_(fmt::format("{}.{}.partial", path_, ::getpid())) {}
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;

  ~PendingFile() {
    if (fd_ >= 0) ::close(fd_);
    if (exists_) ::unlink(temporary_.c_str());
  }

  Result<> Open() {
    fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd_ < 0) return CannotWrite(path_, errno);
    exists_ = true;
    buffer_.reserve(kBufferBytes + 64);
    return {};
  }

  /// Buffered bytes; the caller appends and calls FlushIfFull now and then.
  std::string& buffer() { return buffer_; }

  Result<> FlushIfFull() {
    if (buffer_.size() < kBufferBytes) return {};
    return Flush();
  }

  Result<> Commit() {
    RS_RETURN_IF_ERROR(Flush());
    // Some file systems report a full disk only here.
    if (::fsync(fd_) != 0 && errno != EINVAL) return CannotWrite(path_, errno);
    const int closed = ::close(fd_);
    fd_ = -1;
    if (closed != 0) return CannotWrite(path_, errno);
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) return CannotWrite(path_, errno);
    exists_ = false;
    return {};
  }

 private:
  Result<> Flush() {
    std::string_view rest = buffer_;
    while (!rest.empty()) {
      const ssize_t written = ::write(fd_, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return CannotWrite(path_, written < 0 ? errno : ENOSPC);
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
    buffer_.clear();
    return {};
  }

  std::string path_;
  std::string temporary_;
  std::string buffer_;
  int fd_ = -1;
  bool exists_ = false;
};

/// A random weight as a whole number of kUnits of a standard deviation: the sum of four uniform
/// 16-bit numbers is nearly normal. Integers, where a logarithm could differ in its last bit
/// between machines.
std::int32_t RandomWeight(Rng& rng) {
  constexpr std::int32_t kMean = 4 * 65535 / 2;
  const std::uint64_t bits = rng.Next();
  const std::uint64_t sum =
      (bits & 0xFFFFU) + ((bits >> 16U) & 0xFFFFU) + ((bits >> 32U) & 0xFFFFU) + (bits >> 48U);
  return static_cast<std::int32_t>(sum) - kMean;
}
constexpr double kUnits = 37837.22;  // sqrt(4 * (65536^2 - 1) / 12)

void AppendHalf(std::string& out, double value) {
  AppendLittleEndian(out, HalfBits(static_cast<float>(value)), 2);
}

using Block = std::array<std::int32_t, kBlockWeights>;

/// The rule of GGML's Q4_0: the weight farthest from zero becomes -8 scales, the others round to -8
/// to 7. The first half of the block lies in the low nibbles.
void AppendQ4Block(std::string& out, const Block& weights, double unit) {
  std::int32_t farthest = 0;
  for (const std::int32_t weight : weights) {
    if (std::abs(weight) > std::abs(farthest)) farthest = weight;
  }
  AppendHalf(out, unit * farthest / -8.0);
  const auto nibble = [&](std::size_t i) {
    if (farthest == 0) return 8U;
    const double steps = std::floor(8.5 - 8.0 * weights[i] / farthest);
    return static_cast<unsigned>(std::min(steps, 15.0));
  };
  constexpr std::size_t kHalf = kBlockWeights / 2;
  for (std::size_t i = 0; i < kHalf; ++i) {
    out += static_cast<char>(nibble(i) | (nibble(i + kHalf) << 4U));
  }
}

/// The rule of GGML's Q8_0: the weight farthest from zero becomes 127 scales.
void AppendQ8Block(std::string& out, const Block& weights, double unit) {
  std::int32_t farthest = 0;
  for (const std::int32_t weight : weights) farthest = std::max(farthest, std::abs(weight));
  AppendHalf(out, unit * farthest / 127.0);
  for (const std::int32_t weight : weights) {
    const double steps = farthest == 0 ? 0.0 : std::floor(0.5 + 127.0 * weight / farthest);
    out += static_cast<char>(static_cast<std::int8_t>(steps));
  }
}

void AppendRow(std::string& out, const Tensor& tensor, Rng& rng) {
  const double unit = tensor.deviation / kUnits;
  Block block{};
  for (std::int64_t i = 0; i < tensor.columns; i += kBlockWeights) {
    if (tensor.type == TensorType::kFloat32) {
      for (std::size_t k = 0; k < block.size(); ++k) {
        AppendLittleEndian(out, std::bit_cast<std::uint32_t>(1.0F), 4);
      }
      continue;
    }
    for (std::int32_t& weight : block) weight = RandomWeight(rng);
    if (tensor.type == TensorType::kQ4_0) {
      AppendQ4Block(out, block, unit);
    } else if (tensor.type == TensorType::kQ8_0) {
      AppendQ8Block(out, block, unit);
    } else {
      for (const std::int32_t weight : block) AppendHalf(out, unit * weight);
    }
  }
}

Result<> WriteTensor(PendingFile& file, const Tensor& tensor, Rng rng) {
  for (std::int64_t row = 0; row < tensor.rows; ++row) {
    AppendRow(file.buffer(), tensor, rng);
    RS_RETURN_IF_ERROR(file.FlushIfFull());
  }
  const std::int64_t padding = Aligned(tensor.bytes()) - tensor.bytes();
  file.buffer().append(static_cast<std::size_t>(padding), '\0');
  return {};
}

/// An error if something stands at `path` that must stay.
Result<> CheckTarget(const std::string& path, bool overwrite) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) return {};
  if (S_ISDIR(facts.st_mode)) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("model '{}': is a directory: give a file name with -o", path)};
  }
  if (!S_ISREG(facts.st_mode)) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("model '{}': is no regular file: give a file name with -o", path)};
  }
  if (overwrite) return {};
  return Error{
      ErrorCode::kInvalidArgument,
      fmt::format("model '{}': exists already: add --force to replace it, or choose another "
                  "name with -o",
                  path)};
}

ModelFacts Facts(const Vocabulary& vocabulary, const std::vector<Tensor>& tensors,
                 const std::string& header) {
  ModelFacts facts{};
  facts.vocabulary_size = static_cast<std::int64_t>(vocabulary.tokens.size());
  facts.file_bytes = static_cast<std::int64_t>(header.size());
  for (const Tensor& tensor : tensors) {
    facts.parameters += tensor.weights();
    facts.file_bytes += Aligned(tensor.bytes());
  }
  return facts;
}

}  // namespace

Result<ModelFacts> WriteModel(const ModelRecipe& recipe, const std::string& path, bool overwrite) {
  RS_RETURN_IF_ERROR(Validate(recipe));
  RS_RETURN_IF_ERROR(CheckTarget(path, overwrite));
  const Vocabulary vocabulary = MakeVocabulary(recipe.vocabulary);
  const std::vector<Tensor> tensors =
      ListTensors(recipe, static_cast<std::int64_t>(vocabulary.tokens.size()));
  const std::string header = EncodeHeader(recipe, vocabulary, tensors);

  PendingFile file(path);
  RS_RETURN_IF_ERROR(file.Open());
  file.buffer() += header;
  const Rng rng(recipe.seed);
  std::uint64_t stream = 0;
  for (const Tensor& tensor : tensors) {
    RS_RETURN_IF_ERROR(WriteTensor(file, tensor, rng.Fork(stream)));
    ++stream;
  }
  RS_RETURN_IF_ERROR(file.Commit());
  return Facts(vocabulary, tensors, header);
}

}  // namespace roofscape::gguf
