// An entry of the catalog as JSON, with or without where its numbers come from.
//
// Thread safety: pure functions.

#pragma once

#include "base/core/json.h"
#include "domain/catalog/catalog.h"

namespace roofscape::catalog {

/// {"kind", "id", "name", "aliases", "file", "collected", "note", "values": {field: value}}, and
/// with `sources` also {"sources": {id: {...}}, "source_of": {field: id}}.
Json EntryJson(const Found& found, bool sources);

}  // namespace roofscape::catalog
