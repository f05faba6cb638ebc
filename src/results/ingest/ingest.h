// Results that others published, read into rows: one reader a format. A reader corrects what can be
// corrected and writes each correction down; a row that it cannot understand is kept aside with the
// reason, never dropped.
//
// Errors: a text that is not of the format at all gives an Error that names the source and says
// what was expected; what is wrong with one row is an Aside.
// Ownership: rows own what they hold; a Source's catalog must outlive the call.
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "domain/catalog/catalog.h"
#include "domain/spec/eval_row.h"
#include "domain/spec/row.h"

namespace roofscape::ingest {

/// What is read, and what its text does not say.
struct Source {
  std::string name;                                 // For messages and for where rows come from.
  const catalog::Catalog* catalog = nullptr;        // Names of chips, models and engines.
  std::optional<WallTime> measured = {};            // For rows that do not say when.
  std::optional<spec::Deployment> deployment = {};  // For formats that do not say what served.
};

/// A row that could not be understood.
using Aside = spec::AsideRow;

/// Codes of files that are understood, and that hold nothing to make a row of: the whole file is
/// one Aside.
inline constexpr std::string_view kJobCounts = "job_counts";
inline constexpr std::string_view kAvailability = "availability";

struct Batch {
  std::vector<spec::Row> rows;
  std::vector<spec::EvalRow> evals;
  std::vector<Aside> aside;
};

/// Takes over what was read, in order of the source. An error ends the reading.
using Take = std::function<Result<>(Batch)>;

/// Reads all of `text` and hands it on in batches of at most some thousand rows.
using Reader = Result<> (*)(std::string_view text, const Source& source, const Take& take);

/// The text that a Reader takes, out of a zip archive (IsZip) of `source`. An error also where it
/// would be longer than `most_bytes`.
using Unpacker = Result<std::string> (*)(std::string_view bytes, std::string_view source,
                                         std::uint64_t most_bytes);

struct Format {
  std::string_view name;   // On the command line: "inferencex", "vllm", ...
  std::string_view reads;  // For --help: which files.
  Reader read = nullptr;
  Unpacker unpack = nullptr;  // Null: files of this format are never archives.
};

/// All formats, in the order in which help lists them.
std::span<const Format> AllFormats();

/// The format of that name, or an error with a suggestion.
Result<const Format*> FindFormat(std::string_view name);

}  // namespace roofscape::ingest
