#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "domain/catalog/read.h"

namespace roofscape::catalog {
namespace {

constexpr std::array<std::string_view, 5> kNoFacts = {"id", "name", "aliases", "collected", "note"};

/// True if `field` is `prefix` or lies inside it: "memory" holds "memory.usable_gb".
bool Holds(std::string_view prefix, std::string_view field) {
  if (!field.starts_with(prefix)) return false;
  return field.size() == prefix.size() || field[prefix.size()] == '.' ||
         field[prefix.size()] == '[';
}

/// The source that names the field most closely, else the one for "*", else "".
std::string SourceFor(const std::vector<Source>& sources, std::string_view field) {
  const Source* best = nullptr;
  std::size_t closeness = 0;
  for (const Source& source : sources) {
    for (const std::string& of : source.of) {
      const std::size_t match = of == "*" ? 1 : (Holds(of, field) ? of.size() + 1 : 0);
      if (match > closeness) {
        best = &source;
        closeness = match;
      }
    }
  }
  return best == nullptr ? "" : best->id;
}

/// Collects the values of a document, each with its source.
class Facts {
 public:
  Facts(const std::vector<Source>& sources, std::vector<Fact>& out)
      : sources_(&sources), out_(&out) {}

  void Add(const std::string& field, const Json& value, const std::string& row_source) {
    if (value.is_object()) return AddObject(field, value, row_source);
    if (value.is_array() && !value.empty() && value.front().is_object()) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        Add(fmt::format("{}[{}]", field, i), value[i], row_source);
      }
      return;
    }
    const Json& sample = value.is_array() && !value.empty() ? value.front() : value;
    Fact fact{field, value.dump(-1, ' ', false, Json::error_handler_t::replace), sample.is_number(),
              row_source};
    if (fact.source.empty()) fact.source = SourceFor(*sources_, field);
    out_->push_back(std::move(fact));
  }

 private:
  void AddObject(const std::string& field, const Json& object, const std::string& row_source) {
    std::string source = row_source;
    if (const auto own = object.find("source"); own != object.end() && own->is_string()) {
      source = own->get<std::string>();
    }
    for (const auto& [key, value] : object.items()) {
      if (key != "source") Add(fmt::format("{}.{}", field, key), value, source);
    }
  }

  const std::vector<Source>* sources_;
  std::vector<Fact>* out_;
};

void ReadConfidence(ObjectReader& reader, std::optional<Confidence>& out) {
  std::string name;
  ReadChoice(reader, "confidence", {"high", "medium", "low"}, name);
  for (const Confidence one : {Confidence::kLow, Confidence::kMedium, Confidence::kHigh}) {
    if (Name(one) == name) out = one;
  }
}

std::vector<Source> ReadSources(ObjectReader& reader, const Document& document) {
  std::vector<Source> sources;
  auto all = reader.Child("source");
  if (!all) return sources;
  const Json& object = document.value()["source"];
  if (object.is_object()) {
    for (const auto& item : object.items()) {
      auto child = all->Child(item.key());
      if (!child) continue;
      Source source;
      source.id = item.key();
      child->Optional("text", source.text);
      ReadDate(*child, "date", source.date);
      ReadConfidence(*child, source.confidence);
      child->Optional("harness", source.harness);
      child->Optional("of", source.of);
      all->Merge(*child);
      sources.push_back(std::move(source));
    }
  }
  reader.Merge(*all);
  return sources;
}

}  // namespace

void ReadDate(ObjectReader& reader, std::string_view field, std::optional<Date>& out) {
  std::string text;
  reader.Optional(field, text);
  if (text.empty()) return;
  out = ParseDate(text);
  if (!out) {
    reader.Fail(field,
                fmt::format("must be a day such as 2026-07-01, got '{}'", Printable(text, 40)));
  }
}

void ReadChoice(ObjectReader& reader, std::string_view field,
                std::initializer_list<std::string_view> allowed, std::string& out) {
  reader.Optional(field, out);
  if (!reader.Has(field) || std::count(allowed.begin(), allowed.end(), out) > 0) return;
  reader.Fail(field, UnknownName(out, {allowed.begin(), allowed.size()}));
}

Entry ReadEntry(ObjectReader& reader, const Document& document) {
  Entry entry;
  entry.file = document.source();
  reader.Required("id", entry.id);
  reader.Required("name", entry.name);
  reader.Optional("aliases", entry.aliases);
  ReadDate(reader, "collected", entry.collected);
  reader.Optional("note", entry.note);
  entry.sources = ReadSources(reader, document);
  if (document.value().is_object()) {
    Facts facts(entry.sources, entry.facts);
    for (const auto& [key, value] : document.value().items()) {
      if (key == "source" || std::count(kNoFacts.begin(), kNoFacts.end(), key) > 0) continue;
      facts.Add(key, value, "");
    }
  }
  const std::size_t slash = entry.file.rfind('/');
  const std::string file = slash == std::string::npos ? entry.file : entry.file.substr(slash + 1);
  if (file != entry.id + ".toml") {
    reader.Fail("id", fmt::format("must be the file's name without '.toml', got '{}'",
                                  Printable(entry.id, 60)));
  }
  return entry;
}

}  // namespace roofscape::catalog
