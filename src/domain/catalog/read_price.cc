#include <cstddef>

#include <fmt/format.h>

#include "domain/catalog/read.h"

namespace roofscape::catalog {

Result<PriceBook> ReadPriceBook(const Document& document) {
  PriceBook book;
  ObjectReader reader(document);
  book.entry = ReadEntry(reader, document);
  ReadDate(reader, "date", book.date);
  for (ObjectReader& child : reader.Children("price")) {
    Price price;
    child.Required("chip", price.chip);
    for (const Tier tier : kTiers) {
      child.Optional(fmt::format("{}_usd_hr", Name(tier)),
                     price.usd_hr[static_cast<std::size_t>(tier)]);
    }
    child.Optional("all_in_kw", price.all_in_kw);
    child.Optional("placeholder", price.placeholder);
    child.Optional("source", price.source);
    child.Optional("note", price.note);
    reader.Merge(child);
    book.prices.push_back(std::move(price));
  }
  RS_RETURN_IF_ERROR(reader.Finish());
  return book;
}

}  // namespace roofscape::catalog
