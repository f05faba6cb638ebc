// A second, independent reading of the GGUF version 3 format, for tests alone: it shares no code
// with the writer. Throws nothing; a broken file shows as `error`.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace roofscape::gguf {

struct ReadTensor {
  std::string name;
  std::vector<std::uint64_t> dimensions;
  std::uint32_t type = 0;
  std::uint64_t offset = 0;  // From the start of the data.
};

struct ReadModel {
  std::string error;
  std::uint32_t version = 0;
  std::map<std::string, std::uint64_t> numbers;  // uint32, int32, bool, and the bits of floats.
  std::map<std::string, std::string> strings;
  std::map<std::string, std::vector<std::string>> string_lists;
  std::map<std::string, std::vector<std::uint32_t>> number_lists;
  std::vector<ReadTensor> tensors;
  std::uint64_t data_start = 0;
};

class ModelReader {
 public:
  explicit ModelReader(std::string_view file) : file_(file) {}

  ReadModel Read() {
    if (file_.substr(0, 4) != "GGUF") return Fail("magic");
    at_ = 4;
    model_.version = static_cast<std::uint32_t>(Number(4));
    const std::uint64_t tensors = Number(8);
    const std::uint64_t keys = Number(8);
    for (std::uint64_t i = 0; i < keys && model_.error.empty(); ++i) ReadKey();
    for (std::uint64_t i = 0; i < tensors && model_.error.empty(); ++i) ReadTensorEntry();
    model_.data_start = (at_ + 31) & ~std::uint64_t{31};
    return model_;
  }

 private:
  ReadModel Fail(const std::string& what) {
    if (model_.error.empty()) model_.error = what + " at byte " + std::to_string(at_);
    return model_;
  }

  std::uint64_t Number(int bytes) {
    std::uint64_t value = 0;
    if (at_ + static_cast<std::uint64_t>(bytes) > file_.size()) {
      Fail("end of file");
      return 0;
    }
    for (int i = 0; i < bytes; ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(file_[at_++])} << (8 * i);
    }
    return value;
  }

  std::string Text() {
    const std::uint64_t size = Number(8);
    if (at_ + size > file_.size() || at_ + size < at_) {
      Fail("text too long");
      return "";
    }
    std::string text(file_.substr(at_, size));
    at_ += size;
    return text;
  }

  void ReadKey() {
    const std::string key = Text();
    const std::uint64_t type = Number(4);
    if (type == 8) {
      model_.strings[key] = Text();
    } else if (type == 7) {
      model_.numbers[key] = Number(1);
    } else if (type >= 4 && type <= 6) {
      model_.numbers[key] = Number(4);
    } else if (type == 9) {
      const std::uint64_t element = Number(4);
      const std::uint64_t count = Number(8);
      for (std::uint64_t i = 0; i < count && model_.error.empty(); ++i) {
        if (element == 8) {
          model_.string_lists[key].push_back(Text());
        } else {
          model_.number_lists[key].push_back(static_cast<std::uint32_t>(Number(4)));
        }
      }
    } else {
      Fail("type of " + key);
    }
  }

  void ReadTensorEntry() {
    ReadTensor tensor;
    tensor.name = Text();
    const std::uint64_t rank = Number(4);
    if (rank == 0 || rank > 4) Fail("rank of " + tensor.name);
    for (std::uint64_t i = 0; i < rank && model_.error.empty(); ++i) {
      tensor.dimensions.push_back(Number(8));
    }
    tensor.type = static_cast<std::uint32_t>(Number(4));
    tensor.offset = Number(8);
    model_.tensors.push_back(tensor);
  }

  std::string_view file_;
  std::uint64_t at_ = 0;
  ReadModel model_;
};

}  // namespace roofscape::gguf
