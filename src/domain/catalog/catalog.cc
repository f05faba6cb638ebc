#include "domain/catalog/catalog.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/core/text.h"
#include "domain/catalog/read.h"

namespace roofscape::catalog {
namespace {

constexpr std::array<std::string_view, 6> kFolders = {"chips",   "fabrics", "models",
                                                      "engines", "prices",  "scores"};

template <class T>
void Keep(Result<T> read, std::vector<T>& out, std::vector<Error>& errors) {
  if (read) {
    out.push_back(*std::move(read));
  } else {
    errors.push_back(read.error());
  }
}

void ParseFile(const CatalogFile& file, Parsed& parsed) {
  const Result<Document> document = ParseToml(file.text, file.name);
  if (!document) {
    parsed.errors.push_back(document.error());
    return;
  }
  Catalog& catalog = parsed.catalog;
  const std::string folder = file.name.substr(0, file.name.find('/'));
  if (folder == "chips") return Keep(ReadChip(*document), catalog.chips, parsed.errors);
  if (folder == "fabrics") return Keep(ReadFabric(*document), catalog.fabrics, parsed.errors);
  if (folder == "models") return Keep(ReadModel(*document), catalog.models, parsed.errors);
  if (folder == "engines") return Keep(ReadEngine(*document), catalog.engines, parsed.errors);
  if (folder == "prices") return Keep(ReadPriceBook(*document), catalog.prices, parsed.errors);
  if (folder == "scores") return Keep(ReadEval(*document), catalog.evals, parsed.errors);
  parsed.errors.push_back({ErrorCode::kInvalidArgument,
                           fmt::format("{}: lies in no folder of the catalog: move it to one of {}",
                                       file.name, fmt::join(kFolders, ", "))});
}

template <class T>
void SortById(std::vector<T>& entries) {
  std::sort(entries.begin(), entries.end(), [](const T& a, const T& b) {
    return std::pair(a.entry.id, a.entry.file) < std::pair(b.entry.id, b.entry.file);
  });
}

bool HasName(const Entry& entry, const std::string& folded) {
  if (Fold(entry.id) == folded || Fold(entry.name) == folded) return true;
  return std::any_of(entry.aliases.begin(), entry.aliases.end(),
                     [&](const std::string& alias) { return Fold(alias) == folded; });
}

template <class T>
Error NotFound(std::string_view kind, std::string_view name, const std::vector<T>& entries) {
  std::vector<std::string> known;
  for (const T& one : entries) {
    known.push_back(one.entry.id);
    known.insert(known.end(), one.entry.aliases.begin(), one.entry.aliases.end());
  }
  return Error{
      ErrorCode::kNotFound,
      fmt::format("no {} '{}' in the catalog.{} See them with 'roofscape catalog list {}s'", kind,
                  Printable(name, 60), DidYouMean(name, known), kind)};
}

template <class T>
Result<const T*> Find(std::string_view kind, std::string_view name, const std::vector<T>& entries) {
  const std::string folded = Fold(name);
  // An id wins over another entry's alias.
  for (const T& one : entries) {
    if (Fold(one.entry.id) == folded) return &one;
  }
  for (const T& one : entries) {
    if (HasName(one.entry, folded)) return &one;
  }
  return NotFound(kind, name, entries);
}

template <class T>
void Append(std::string_view kind, const std::vector<T>& entries, std::vector<Found>& out) {
  for (const T& one : entries) out.push_back({kind, &one.entry});
}

}  // namespace

std::span<const std::string_view> Folders() { return kFolders; }

Parsed ParseFiles(std::span<const CatalogFile> files) {
  Parsed parsed;
  for (const CatalogFile& file : files) ParseFile(file, parsed);
  Catalog& catalog = parsed.catalog;
  SortById(catalog.chips);
  SortById(catalog.fabrics);
  SortById(catalog.models);
  SortById(catalog.engines);
  SortById(catalog.prices);
  SortById(catalog.evals);
  return parsed;
}

Result<Catalog> ParseCatalog(std::span<const CatalogFile> files) {
  Parsed parsed = ParseFiles(files);
  if (!parsed.errors.empty()) return parsed.errors.front();
  return std::move(parsed.catalog);
}

Result<const Chip*> FindChip(const Catalog& catalog, std::string_view name) {
  return Find("chip", name, catalog.chips);
}

Result<const Fabric*> FindFabric(const Catalog& catalog, std::string_view name) {
  return Find("fabric", name, catalog.fabrics);
}

Result<const Model*> FindModel(const Catalog& catalog, std::string_view name) {
  for (const Model& model : catalog.models) {
    if (!name.empty() && Fold(model.hugging_face) == Fold(name)) return &model;
  }
  return Find("model", name, catalog.models);
}

Result<const Engine*> FindEngine(const Catalog& catalog, std::string_view name) {
  const std::string folded = Fold(name);
  for (const Engine& engine : catalog.engines) {
    for (const EngineVariant& variant : engine.variants) {
      if (Fold(variant.name) == folded) return &engine;
    }
  }
  return Find("engine", name, catalog.engines);
}

std::vector<Found> AllEntries(const Catalog& catalog) {
  std::vector<Found> all;
  Append("chip", catalog.chips, all);
  Append("fabric", catalog.fabrics, all);
  Append("model", catalog.models, all);
  Append("engine", catalog.engines, all);
  Append("price book", catalog.prices, all);
  Append("eval", catalog.evals, all);
  return all;
}

std::vector<Found> FindEntries(const Catalog& catalog, std::string_view name) {
  const std::string folded = Fold(name);
  std::vector<Found> found;
  for (const Found& one : AllEntries(catalog)) {
    if (HasName(*one.entry, folded)) found.push_back(one);
  }
  if (!found.empty()) return found;
  if (const auto engine = FindEngine(catalog, name)) found.push_back({"engine", &(*engine)->entry});
  if (const auto model = FindModel(catalog, name)) found.push_back({"model", &(*model)->entry});
  return found;
}

std::string Fold(std::string_view name) {
  std::string folded;
  for (const char c : name) {
    if (c == ' ' || c == '_' || c == '-') continue;
    folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return folded;
}

}  // namespace roofscape::catalog
