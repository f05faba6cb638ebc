// Lines of a TOML file of the catalog, written. Only this room uses it.
//
// Thread safety: plain values, pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/catalog/entry.h"

namespace roofscape::catalog {

/// A basic string of TOML, and a list of them.
std::string Quoted(std::string_view text);
std::string Quoted(const std::vector<std::string>& texts);

/// Lines `name = value`; what is missing, empty or false gets none.
class TomlLines {
 public:
  void Head(std::string_view head);
  void Add(std::string_view name, std::string_view text);
  void Add(std::string_view name, std::int64_t value);
  void Add(std::string_view name, const std::optional<std::int64_t>& value);
  void Add(std::string_view name, const std::optional<double>& value);
  void AddIf(std::string_view name, bool value);
  void Raw(std::string_view line);
  /// [source.ID] with its fields.
  void Add(const Source& source);

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace roofscape::catalog
