// JSON and TOML documents from outside, read field by field with errors that name source, line and
// field: "plan.toml: line 7: load.concurrency[1]: must be an integer, got a string".
//
// Ownership: a Document owns its values; an ObjectReader points into the Document and must not
// outlive it. Thread safety: plain values.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/core/json.h"
#include "base/core/result.h"

namespace roofscape {

/// A parsed document that still knows on which line each field stood.
class Document {
 public:
  /// Wraps a value that has no text behind it; errors then name only the field.
  Document(Json value, std::string source);
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  const Json& value() const { return *value_; }
  const std::string& source() const { return source_; }

  /// "source: line N: field: reason" for the field at a JSON pointer such as "/load/concurrency".
  Error ErrorAt(std::string_view pointer, std::string_view reason) const;

 private:
  friend Result<Document> ParseJson(std::string_view text, std::string source);
  friend Result<Document> ParseToml(std::string_view text, std::string source);

  std::unique_ptr<Json> value_;
  std::string source_;
  std::map<std::string, int, std::less<>> lines_;
};

/// Parses strict JSON (RFC 8259). `source` is what messages call the text: a file's path, a URL.
Result<Document> ParseJson(std::string_view text, std::string source);

/// Parses TOML 1.0. Dates become strings.
Result<Document> ParseToml(std::string_view text, std::string source);

/// Reads the fields of one object. The first error sticks and later calls do nothing, so a caller
/// reads all fields and asks Finish() once. Finish() also refuses fields that nobody asked for.
class ObjectReader {
 public:
  /// The document's root, which must be an object.
  explicit ObjectReader(const Document& document);

  /// Leaves `out` alone when the field is absent or null.
  void Optional(std::string_view name, bool& out);
  void Optional(std::string_view name, std::int64_t& out);
  void Optional(std::string_view name, double& out);
  void Optional(std::string_view name, std::string& out);
  void Optional(std::string_view name, std::optional<std::int64_t>& out);
  void Optional(std::string_view name, std::optional<double>& out);
  void Optional(std::string_view name, std::vector<std::int64_t>& out);
  void Optional(std::string_view name, std::vector<double>& out);
  void Optional(std::string_view name, std::vector<std::string>& out);
  void Optional(std::string_view name, std::map<std::string, std::string>& out);

  /// As Optional, but an absent field is an error.
  template <class T>
  void Required(std::string_view name, T& out) {
    if (!Has(name)) Fail(name, "is missing");
    Optional(name, out);
  }

  /// The field's raw value, or null if absent.
  const Json* Raw(std::string_view name);

  bool Has(std::string_view name) const;

  /// A reader of an object inside this one; empty when absent. Errors reach this reader's Finish()
  /// through Merge().
  std::optional<ObjectReader> Child(std::string_view name);

  /// Readers of the objects in an array of objects; none when absent.
  std::vector<ObjectReader> Children(std::string_view name);

  /// Finishes a child and keeps its error as this reader's.
  void Merge(ObjectReader& child);

  /// Has `read` read the object inside this one, where there is one.
  template <class Read>
  void ReadInside(std::string_view name, Read read) {
    if (auto child = Child(name)) {
      read(*child);
      Merge(*child);
    }
  }

  /// What `read` makes of each object in an array of objects.
  template <class Read>
  auto ReadEach(std::string_view name, Read read) {
    std::vector<decltype(read(std::declval<ObjectReader&>()))> all;
    for (ObjectReader& child : Children(name)) {
      all.push_back(read(child));
      Merge(child);
    }
    return all;
  }

  /// Records an error about one field, e.g. a value out of range.
  void Fail(std::string_view name, std::string_view reason);

  /// The first error, or an error for the first unknown field, or success.
  Result<> Finish();

 private:
  ObjectReader(const Document& document, const Json& object, std::string pointer);
  void FailItem(std::string_view name, std::size_t index, std::string_view reason);
  const Json* Take(std::string_view name);

  const Document* document_;
  const Json* object_;
  std::string pointer_;
  std::vector<std::string> known_;
  std::optional<Error> error_;
};

}  // namespace roofscape
