// InferenceX's dump of its database as it is published: a zip archive with one JSON file a table.
//
// Errors: kProtocol, with the archive's name. Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/core/result.h"

namespace roofscape::ingest {

/// The tables that rows are made of (configs, workflow_runs, benchmark_results, eval_results) as
/// one text: the object with a list a table that ReadInferencex reads. Each is the file of its name
/// with ".json", in whatever folder; all other files are passed over and not unpacked. `source`
/// names the archive in errors.
///
/// An error also where these tables would unpack to more than `most_bytes`, where a table stands
/// there twice or is no JSON list, or where there is neither results nor evals.
Result<std::string> DumpOfZip(std::string_view bytes, std::string_view source,
                              std::uint64_t most_bytes);

}  // namespace roofscape::ingest
