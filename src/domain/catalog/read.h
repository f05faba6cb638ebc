// Readers of the catalog's files, one a kind. Each takes a parsed document and its name inside the
// catalog; errors name file, line and field. Only this room uses them.
//
// Thread safety: pure functions.

#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/core/document.h"
#include "base/core/names.h"
#include "base/core/result.h"
#include "domain/catalog/chip.h"
#include "domain/catalog/engine.h"
#include "domain/catalog/fabric.h"
#include "domain/catalog/model.h"
#include "domain/catalog/price.h"
#include "domain/catalog/score.h"

namespace roofscape::catalog {

/// The fields that every file has, and its facts with their sources.
Entry ReadEntry(ObjectReader& reader, const Document& document);

/// A day, where there is one.
void ReadDate(ObjectReader& reader, std::string_view field, std::optional<Date>& out);

/// One of `allowed`; what `out` holds stays where the field is absent.
void ReadChoice(ObjectReader& reader, std::string_view field,
                std::initializer_list<std::string_view> allowed, std::string& out);

/// The value that `names` has under the field's text; `out` stays where the field is absent.
template <class Enum, std::size_t kCount>
void ReadEnum(ObjectReader& reader, std::string_view field,
              const std::array<std::string_view, kCount>& names, Enum& out) {
  std::string name;
  reader.Optional(field, name);
  if (!reader.Has(field)) return;
  if (const auto found = FindName<Enum>(name, names)) {
    out = *found;
  } else {
    reader.Fail(field, UnknownName(name, names));
  }
}

Result<Chip> ReadChip(const Document& document);
Result<Fabric> ReadFabric(const Document& document);
Result<Model> ReadModel(const Document& document);
Result<Engine> ReadEngine(const Document& document);
Result<PriceBook> ReadPriceBook(const Document& document);
Result<Eval> ReadEval(const Document& document);

}  // namespace roofscape::catalog
