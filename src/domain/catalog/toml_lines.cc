#include "domain/catalog/toml_lines.h"

#include <fmt/format.h>

namespace roofscape::catalog {

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string Quoted(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? ", " : "") + Quoted(text);
  return out + "]";
}

void TomlLines::Head(std::string_view head) { text_ += fmt::format("\n{}\n", head); }

void TomlLines::Add(std::string_view name, std::string_view text) {
  if (!text.empty()) text_ += fmt::format("{} = {}\n", name, Quoted(text));
}

void TomlLines::Add(std::string_view name, std::int64_t value) {
  text_ += fmt::format("{} = {}\n", name, value);
}

void TomlLines::Add(std::string_view name, const std::optional<std::int64_t>& value) {
  if (value) Add(name, *value);
}

void TomlLines::Add(std::string_view name, const std::optional<double>& value) {
  if (value) text_ += fmt::format("{} = {}\n", name, *value);
}

void TomlLines::AddIf(std::string_view name, bool value) {
  if (value) text_ += fmt::format("{} = true\n", name);
}

void TomlLines::Raw(std::string_view line) { text_ += fmt::format("{}\n", line); }

void TomlLines::Add(const Source& source) {
  Head(fmt::format("[source.{}]", source.id));
  Add("text", source.text);
  if (source.date) Raw(fmt::format("date = {}", source.date->ToIso()));
  if (source.confidence) Add("confidence", Name(*source.confidence));
  Raw(fmt::format("of = {}", Quoted(source.of)));
}

}  // namespace roofscape::catalog
