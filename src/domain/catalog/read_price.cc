#include <cstddef>

#include <fmt/format.h>

#include "domain/catalog/read.h"

namespace roofscape::catalog {
namespace {

Price ReadPrice(ObjectReader& reader) {
  Price price;
  reader.Required("chip", price.chip);
  for (const Tier tier : kTiers) {
    reader.Optional(fmt::format("{}_usd_hr", Name(tier)),
                    price.usd_hr[static_cast<std::size_t>(tier)]);
  }
  reader.Optional("all_in_kw", price.all_in_kw);
  reader.Optional("placeholder", price.placeholder);
  reader.Optional("source", price.source);
  reader.Optional("note", price.note);
  return price;
}

}  // namespace

Result<PriceBook> ReadPriceBook(const Document& document) {
  PriceBook book;
  ObjectReader reader(document);
  book.entry = ReadEntry(reader, document);
  ReadDate(reader, "date", book.date);
  book.prices = reader.ReadEach("price", ReadPrice);
  RS_RETURN_IF_ERROR(reader.Finish());
  return book;
}

}  // namespace roofscape::catalog
