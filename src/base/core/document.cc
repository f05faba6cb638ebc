#include "base/core/document.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "base/core/text.h"

namespace roofscape {
namespace {

/// "/load/points/1/x" as a person writes it: "load.points[1].x".
std::string FieldName(std::string_view pointer) {
  std::string name;
  for (const std::string& raw : Split(pointer.empty() ? "" : pointer.substr(1), '/')) {
    const std::string part = nlohmann::json::json_pointer("/" + raw).back();
    const bool index = !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
    if (index) {
      name += "[" + part + "]";
    } else {
      name += (name.empty() ? "" : ".") + part;
    }
  }
  return name;
}

std::string ChildPointer(const std::string& pointer, std::string_view key) {
  nlohmann::json::json_pointer child(pointer);
  child.push_back(std::string(key));
  return child.to_string();
}

/// Reads bytes and counts the line ends behind it; nlohmann's callbacks then know their line.
class LineIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  LineIterator(const char* at, int* line) : at_(at), line_(line) {}
  reference operator*() const { return *at_; }
  LineIterator& operator++() {
    if (*at_ == '\n') ++*line_;
    ++at_;
    return *this;
  }
  LineIterator operator++(int) {
    LineIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const LineIterator& other) const { return at_ == other.at_; }
  bool operator!=(const LineIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  int* line_;
};

constexpr int kMaxDepth = 200;

/// Builds the value and remembers each field's line. Refuses duplicate keys: one of two would be
/// ignored silently.
class LineRecorder {
 public:
  using number_integer_t = Json::number_integer_t;
  using number_unsigned_t = Json::number_unsigned_t;
  using number_float_t = Json::number_float_t;
  using string_t = Json::string_t;
  using binary_t = Json::binary_t;

  LineRecorder(const int* line, std::map<std::string, int, std::less<>>* lines)
      : line_(line), lines_(lines) {}

  bool null() { return Put(nullptr); }
  bool boolean(bool value) { return Put(value); }
  bool number_integer(number_integer_t value) { return Put(value); }
  bool number_unsigned(number_unsigned_t value) { return Put(value); }
  bool number_float(number_float_t value, const string_t&) { return Put(value); }
  bool string(string_t& value) { return Put(value); }
  bool binary(binary_t&) { return false; }
  bool start_object(std::size_t) { return Open(Json::object()); }
  bool start_array(std::size_t) { return Open(Json::array()); }
  bool end_object() { return Close(); }
  bool end_array() { return Close(); }
  bool key(string_t& value) {
    key_ = value;
    if (stack_.back()->contains(key_)) return Refuse(fmt::format("field '{}' stands twice", key_));
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& e) {
    const std::string_view what = e.what();
    const std::size_t reason = what.find("column ");
    const std::size_t colon = what.find(": ", reason);
    return Refuse(std::string(reason != what.npos && colon != what.npos ? what.substr(colon + 2)
                                                                        : what));
  }

  Json root;
  std::string error;
  int error_line = 0;

 private:
  template <class T>
  bool Put(T&& value) {
    return Place(Json(std::forward<T>(value))) != nullptr;
  }

  bool Open(Json container) {
    if (stack_.size() >= kMaxDepth) return Refuse("nested too deep");
    Json* placed = Place(std::move(container));
    stack_.push_back(placed);
    pointers_.push_back(placed_pointer_);
    return true;
  }

  bool Close() {
    stack_.pop_back();
    pointers_.pop_back();
    return true;
  }

  Json* Place(Json value) {
    if (stack_.empty()) {
      root = std::move(value);
      placed_pointer_.clear();
      return &root;
    }
    Json& parent = *stack_.back();
    Json* placed = nullptr;
    if (parent.is_array()) {
      placed_pointer_ = fmt::format("{}/{}", pointers_.back(), parent.size());
      parent.push_back(std::move(value));
      placed = &parent.back();
    } else {
      placed_pointer_ = ChildPointer(pointers_.back(), key_);
      placed = &(parent[key_] = std::move(value));
    }
    (*lines_)[placed_pointer_] = *line_;
    return placed;
  }

  bool Refuse(std::string reason) {
    error = std::move(reason);
    error_line = *line_;
    return false;
  }

  const int* line_;
  std::map<std::string, int, std::less<>>* lines_;
  std::vector<Json*> stack_;
  std::vector<std::string> pointers_;
  std::string key_;
  std::string placed_pointer_;
};

Json FromToml(const toml::node& node, const std::string& pointer,
              std::map<std::string, int, std::less<>>& lines) {
  lines[pointer] = static_cast<int>(node.source().begin.line);
  if (const auto* table = node.as_table()) {
    Json object = Json::object();
    for (const auto& [key, child] : *table) {
      object[std::string(key.str())] = FromToml(child, ChildPointer(pointer, key.str()), lines);
    }
    return object;
  }
  if (const auto* array = node.as_array()) {
    Json list = Json::array();
    for (const toml::node& child : *array) {
      list.push_back(FromToml(child, fmt::format("{}/{}", pointer, list.size()), lines));
    }
    return list;
  }
  if (const auto* value = node.as_string()) return value->get();
  if (const auto* value = node.as_integer()) return value->get();
  if (const auto* value = node.as_floating_point()) return value->get();
  if (const auto* value = node.as_boolean()) return value->get();
  std::ostringstream date;
  if (const auto* value = node.as_date()) date << value->get();
  if (const auto* value = node.as_time()) date << value->get();
  if (const auto* value = node.as_date_time()) date << value->get();
  return date.str();
}

std::string TypeName(const Json& value) {
  if (value.is_string()) return fmt::format("'{}'", Printable(value.get_ref<const std::string&>(), 40));
  if (value.is_number() || value.is_boolean()) return value.dump();
  return std::string("a value of type ") + value.type_name();
}

std::string Expected(std::string_view what, const Json& got) {
  return fmt::format("must be {}, got {}", what, TypeName(got));
}

}  // namespace

Document::Document(Json value, std::string source)
    : value_(std::make_unique<Json>(std::move(value))), source_(std::move(source)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Error Document::ErrorAt(std::string_view pointer, std::string_view reason) const {
  std::string place = source_;
  const auto line = lines_.find(pointer);
  if (line != lines_.end() && line->second > 0) place += fmt::format(": line {}", line->second);
  const std::string field = FieldName(pointer);
  if (!field.empty()) place += ": " + field;
  return Error{ErrorCode::kInvalidArgument, fmt::format("{}: {}", place, reason)};
}

Result<Document> ParseJson(std::string_view text, std::string source) {
  Document document(Json(), std::move(source));
  int line = 1;
  LineRecorder recorder(&line, &document.lines_);
  const LineIterator first(text.data(), &line);
  const LineIterator last(text.data() + text.size(), &line);
  if (!Json::sax_parse(first, last, &recorder)) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("{}: line {}: not valid JSON: {}",
                                                          document.source_, recorder.error_line,
                                                          Printable(recorder.error, 200))};
  }
  *document.value_ = std::move(recorder.root);
  return document;
}

Result<Document> ParseToml(std::string_view text, std::string source) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: line {}: not valid TOML: {}", source,
                             parsed.error().source().begin.line, parsed.error().description())};
  }
  Document document(Json(), std::move(source));
  *document.value_ = FromToml(parsed.table(), "", document.lines_);
  return document;
}

ObjectReader::ObjectReader(const Document& document)
    : ObjectReader(document, document.value(), "") {}

ObjectReader::ObjectReader(const Document& document, const Json& object, std::string pointer)
    : document_(&document), object_(&object), pointer_(std::move(pointer)) {
  if (!object.is_object()) {
    error_ = document.ErrorAt(pointer_, Expected("an object", object));
    static const Json kNothing = Json::object();
    object_ = &kNothing;
  }
}

const Json* ObjectReader::Take(std::string_view name) {
  known_.emplace_back(name);
  if (error_) return nullptr;
  const auto found = object_->find(std::string(name));
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

const Json* ObjectReader::Raw(std::string_view name) { return Take(name); }

bool ObjectReader::Has(std::string_view name) const {
  const auto found = object_->find(std::string(name));
  return found != object_->end() && !found->is_null();
}

void ObjectReader::Fail(std::string_view name, std::string_view reason) {
  if (!error_) error_ = document_->ErrorAt(ChildPointer(pointer_, name), reason);
}

void ObjectReader::FailItem(std::string_view name, std::size_t index, std::string_view reason) {
  if (error_) return;
  error_ = document_->ErrorAt(fmt::format("{}/{}", ChildPointer(pointer_, name), index), reason);
}

void ObjectReader::Optional(std::string_view name, bool& out) {
  const Json* value = Take(name);
  if (value == nullptr) return;
  if (!value->is_boolean()) return Fail(name, Expected("true or false", *value));
  out = value->get<bool>();
}

void ObjectReader::Optional(std::string_view name, std::int64_t& out) {
  const Json* value = Take(name);
  if (value == nullptr) return;
  const bool too_large = value->is_number_unsigned() &&
                         value->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX);
  if (!value->is_number_integer() || too_large) return Fail(name, Expected("an integer", *value));
  out = value->get<std::int64_t>();
}

void ObjectReader::Optional(std::string_view name, double& out) {
  const Json* value = Take(name);
  if (value == nullptr) return;
  if (!value->is_number()) return Fail(name, Expected("a number", *value));
  out = value->get<double>();
}

void ObjectReader::Optional(std::string_view name, std::string& out) {
  const Json* value = Take(name);
  if (value == nullptr) return;
  if (!value->is_string()) return Fail(name, Expected("a string", *value));
  out = value->get<std::string>();
}

void ObjectReader::Optional(std::string_view name, std::optional<std::int64_t>& out) {
  if (!Has(name)) return static_cast<void>(Take(name));
  std::int64_t value = 0;
  Optional(name, value);
  out = value;
}

void ObjectReader::Optional(std::string_view name, std::optional<double>& out) {
  if (!Has(name)) return static_cast<void>(Take(name));
  double value = 0;
  Optional(name, value);
  out = value;
}

void ObjectReader::Optional(std::string_view name, std::vector<std::int64_t>& out) {
  const Json* value = Take(name);
  if (value == nullptr) return;
  if (!value->is_array()) return Fail(name, Expected("a list of integers", *value));
  out.clear();
  for (const Json& item : *value) {
    if (!item.is_number_integer()) {
      return FailItem(name, out.size(), Expected("an integer", item));
    }
    out.push_back(item.get<std::int64_t>());
  }
}

void ObjectReader::Optional(std::string_view name, std::vector<std::string>& out) {
  const Json* value = Take(name);
  if (value == nullptr) return;
  if (!value->is_array()) return Fail(name, Expected("a list of strings", *value));
  out.clear();
  for (const Json& item : *value) {
    if (!item.is_string()) return FailItem(name, out.size(), Expected("a string", item));
    out.push_back(item.get<std::string>());
  }
}

void ObjectReader::Optional(std::string_view name, std::map<std::string, std::string>& out) {
  const Json* value = Take(name);
  if (value == nullptr) return;
  if (!value->is_object()) return Fail(name, Expected("an object of strings", *value));
  out.clear();
  for (const auto& [key, item] : value->items()) {
    if (!item.is_string()) return Fail(name, Expected("an object of strings", item));
    out[key] = item.get<std::string>();
  }
}

std::optional<ObjectReader> ObjectReader::Child(std::string_view name) {
  const Json* value = Take(name);
  if (value == nullptr) return std::nullopt;
  return ObjectReader(*document_, *value, ChildPointer(pointer_, name));
}

std::vector<ObjectReader> ObjectReader::Children(std::string_view name) {
  std::vector<ObjectReader> children;
  const Json* value = Take(name);
  if (value == nullptr) return children;
  if (!value->is_array()) {
    Fail(name, Expected("a list of objects", *value));
    return children;
  }
  const std::string list = ChildPointer(pointer_, name);
  for (const Json& item : *value) {
    children.push_back(
        ObjectReader(*document_, item, fmt::format("{}/{}", list, children.size())));
  }
  return children;
}

void ObjectReader::Merge(ObjectReader& child) {
  const Result<> finished = child.Finish();
  if (!finished && !error_) error_ = finished.error();
}

Result<> ObjectReader::Finish() {
  if (error_) return *error_;
  for (const auto& [key, value] : object_->items()) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
      return document_->ErrorAt(ChildPointer(pointer_, key),
                                "unknown field." + DidYouMean(key, known_));
    }
  }
  return {};
}

}  // namespace roofscape
