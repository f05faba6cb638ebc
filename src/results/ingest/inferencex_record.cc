#include "results/ingest/inferencex_record.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/core/text.h"
#include "domain/spec/metric_registry.h"
#include "results/ingest/inferencex_fields.h"

namespace roofscape::ingest::inferencex {
namespace {

namespace ondemand = simdjson::ondemand;

/// Above it no rate, time or count of a serving system lies; such a figure is a fault of writing.
constexpr double kLargest = 1e12;
constexpr std::int64_t kLargestCount = 1'000'000'000;
/// Deeper than any of their files.
constexpr int kDeepest = 6;
constexpr std::size_t kQuoted = 40;

bool SameLetters(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
  });
}

std::optional<double> NumberIn(std::string_view text) {
  double number = 0.0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || at != end) return std::nullopt;
  return number;
}

/// Reads one object into a record.
class Fields {
 public:
  explicit Fields(Record& record) : record_(record) {}

  /// False: the JSON is broken and nothing more may be read.
  bool ReadObject(ondemand::object object, std::string_view path, int depth);

 private:
  bool ReadField(std::string_view key, ondemand::value value, std::string_view path, int depth);
  bool ReadWorkers(ondemand::value value);
  bool ReadText(std::string_view key, ondemand::value value, std::size_t index);
  bool ReadFlag(std::string_view key, ondemand::value value, std::size_t index);
  bool ReadCount(std::string_view key, ondemand::value value, std::size_t index);
  /// Missing stays missing.
  bool ReadNumber(std::string_view key, ondemand::value value, double& out);
  bool Wrong(std::string_view key, std::string_view expected);

  Record& record_;
};

bool Fields::Wrong(std::string_view key, std::string_view expected) {
  record_.Fail("wrong_type", fmt::format("{}: expected {}", key, expected));
  return true;
}

bool Fields::ReadObject(ondemand::object object, std::string_view path, int depth) {
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS || !ReadField(key, value, path, depth)) {
      return false;
    }
  }
  return true;
}

bool Fields::ReadField(std::string_view key, ondemand::value value, std::string_view path,
                       int depth) {
  std::string inside;
  if (!path.empty()) {
    inside = fmt::format("{}.{}", path, key);
    key = inside;
  }
  if (key == "workers") return ReadWorkers(value);
  const auto slot = FindSlot(key);
  if (!slot) return true;
  ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return false;
  if (type == ondemand::json_type::null) {
    bool null = false;
    return value.is_null().get(null) == simdjson::SUCCESS && null;
  }
  // A name that is an object in one version and a text in another ("router").
  if (type == ondemand::json_type::object) {
    ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return false;
    if (depth >= kDeepest) return Wrong(key, "less nesting");
    return ReadObject(object, key == "metrics" ? "" : key, depth + 1);
  }
  switch (slot->kind) {
    case Slot::Kind::kText: return ReadText(key, value, slot->index);
    case Slot::Kind::kFlag: return ReadFlag(key, value, slot->index);
    case Slot::Kind::kCount: return ReadCount(key, value, slot->index);
    case Slot::Kind::kRate: return ReadNumber(key, value, record_.rates[slot->index]);
    case Slot::Kind::kMetric: return ReadNumber(key, value, record_.metrics[slot->index]);
    case Slot::Kind::kInside: return Wrong(key, "an object");
  }
  return true;
}

bool Fields::ReadWorkers(ondemand::value value) {
  ondemand::array workers;
  const auto error = value.get_array().get(workers);
  if (error == simdjson::INCORRECT_TYPE) return true;
  if (error != simdjson::SUCCESS) return false;
  for (auto worker : workers) {
    ondemand::object object;
    if (worker.get_object().get(object) != simdjson::SUCCESS) return Wrong("workers", "objects");
    std::int64_t chips = 0;
    const auto found = object.find_field_unordered("num_gpus").get_int64().get(chips);
    if (found == simdjson::SUCCESS && chips > 0 && chips < kLargestCount) {
      record_.worker_chips += chips;
    }
  }
  return true;
}

bool Fields::ReadText(std::string_view key, ondemand::value value, std::size_t index) {
  std::string_view text;
  const auto error = value.get_string().get(text);
  if (error == simdjson::INCORRECT_TYPE) return Wrong(key, "a text");
  if (error != simdjson::SUCCESS) return false;
  record_.texts[index] = text;
  return true;
}

bool Fields::ReadFlag(std::string_view key, ondemand::value value, std::size_t index) {
  ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return false;
  if (type == ondemand::json_type::boolean) {
    bool flag = false;
    if (value.get_bool().get(flag) != simdjson::SUCCESS) return false;
    record_.flags[index] = flag ? 1 : 0;
    return true;
  }
  if (type == ondemand::json_type::number) {
    double number = 0.0;
    if (value.get_double().get(number) != simdjson::SUCCESS) return false;
    if (number != 0.0 && number != 1.0) return Wrong(key, "true or false");
    record_.flags[index] = number == 1.0 ? 1 : 0;
    return true;
  }
  std::string_view text;
  const auto error = value.get_string().get(text);
  if (error == simdjson::INCORRECT_TYPE) return Wrong(key, "true or false");
  if (error != simdjson::SUCCESS) return false;
  const bool yes = SameLetters(text, "true");
  if (!yes && !SameLetters(text, "false")) return Wrong(key, "true or false");
  record_.flags[index] = yes ? 1 : 0;
  record_.corrections.push_back(
      {"boolean_string", std::string(key), fmt::format("\"{}\"", text), yes ? "true" : "false"});
  return true;
}

bool Fields::ReadCount(std::string_view key, ondemand::value value, std::size_t index) {
  ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return false;
  double number = kMissing;
  if (type == ondemand::json_type::string) {
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS) return false;
    const auto inside = NumberIn(text);
    if (!inside) return Wrong(key, "a whole number");
    number = *inside;
    record_.corrections.push_back(
        {"number_string", std::string(key), fmt::format("\"{}\"", text), std::string(text)});
  } else if (!ReadNumber(key, value, number)) {
    return false;
  }
  if (std::isnan(number)) return true;
  if (number < 0 || number > static_cast<double>(kLargestCount) || number != std::floor(number)) {
    return Wrong(key, "a whole number from 0 to 10^9");
  }
  record_.counts[index] = static_cast<std::int64_t>(number);
  return true;
}

bool Fields::ReadNumber(std::string_view key, ondemand::value value, double& out) {
  double number = 0.0;
  const auto error = value.get_double().get(number);
  if (error == simdjson::INCORRECT_TYPE || error == simdjson::NUMBER_ERROR) {
    const std::string_view token = value.raw_json_token();
    const bool digits = !token.empty() && (token[0] == '-' || (token[0] >= '0' && token[0] <= '9'));
    record_.Fail(
        digits ? "absurd_number" : "not_a_number",
        fmt::format("{}: expected a number, got {}", key, Printable(Trim(token), kQuoted)));
    return error == simdjson::INCORRECT_TYPE;
  }
  if (error != simdjson::SUCCESS) return false;
  if (number < 0.0) {
    record_.Fail("negative_number", fmt::format("{}: {} is below 0", key, number));
  } else if (!(number <= kLargest)) {
    record_.Fail("absurd_number", fmt::format("{}: {} is not a possible figure", key, number));
  } else {
    out = number;
  }
  return true;
}

}  // namespace

Record::Record() : metrics(spec::AllMetrics().size(), kMissing) { Clear(); }

void Record::Clear() {
  texts.fill({});
  counts.fill(kNoCount);
  flags.fill(-1);
  rates.fill(kMissing);
  std::fill(metrics.begin(), metrics.end(), kMissing);
  worker_chips = 0;
  corrections.clear();
  problem = {};
}

void Record::Fail(std::string code, std::string reason) {
  if (problem.code.empty()) problem = {std::move(code), std::move(reason)};
}

struct RecordReader::Parser {
  ondemand::parser parser;
  std::vector<char> padded;
};

RecordReader::RecordReader() : parser_(std::make_unique<Parser>()) {}
RecordReader::~RecordReader() = default;

void RecordReader::Read(std::string_view text, Record& record) {
  // The library reads on behind the end; only a copy can promise that bytes are there.
  std::vector<char>& padded = parser_->padded;
  if (padded.size() < text.size() + simdjson::SIMDJSON_PADDING) {
    padded.resize(2 * (text.size() + simdjson::SIMDJSON_PADDING));
  }
  std::memcpy(padded.data(), text.data(), text.size());
  std::memset(padded.data() + text.size(), ' ', simdjson::SIMDJSON_PADDING);
  ondemand::document document;
  ondemand::object object;
  const auto begun =
      parser_->parser.iterate(padded.data(), text.size(), padded.size()).get(document);
  if (begun != simdjson::SUCCESS) {
    record.Fail("broken_json", simdjson::error_message(begun));
    return;
  }
  if (const auto error = document.get_object().get(object); error != simdjson::SUCCESS) {
    const bool other = error == simdjson::INCORRECT_TYPE;
    record.Fail(other ? "wrong_type" : "broken_json",
                other ? "expected an object" : simdjson::error_message(error));
    return;
  }
  if (!Fields(record).ReadObject(object, "", 0)) {
    record.Fail("broken_json", "the JSON of the row is broken");
  }
}

}  // namespace roofscape::ingest::inferencex
