// What every file of the catalog has, whatever it describes: a name, other names, the day it was
// collected, and where each of its numbers comes from. A number without a source does not enter the
// catalog; Check() finds one that did.
//
// Thread safety: plain values.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/catalog/date.h"

namespace roofscape::catalog {

enum class Confidence {
  kLow,     // One secondary source, or sources that disagree.
  kMedium,  // Secondary sources that agree, or figures that were inferred.
  kHigh,    // The maker's own figures, or a configuration or table that was read.
};

std::string_view Name(Confidence confidence);

/// One [source.ID] of a file: who said it, and when.
struct Source {
  std::string id;
  std::string text;
  std::optional<Date> date;  // When it was said; where that is not known, when it was read.
  std::optional<Confidence> confidence;
  std::string harness;          // Scores only: the test program and its version.
  std::vector<std::string> of;  // Fields it stands behind ("memory", "dense.fp4_tflops"), or "*".

  friend bool operator==(const Source&, const Source&) = default;
};

/// One value as the file has it.
struct Fact {
  std::string field;  // "memory.bandwidth_tb_s", "price[3].all_in_kw"
  std::string value;  // As JSON: 3.35, "HBM3".
  bool number = false;
  std::string source;  // The id of its source; empty: it has none.

  friend bool operator==(const Fact&, const Fact&) = default;
};

struct Entry {
  std::string id;                    // The file's name without ".toml".
  std::string name;                  // For people.
  std::vector<std::string> aliases;  // Names that other tools and data use.
  std::string file;                  // "chips/h100-sxm.toml"
  std::optional<Date> collected;     // No source of the file may be later.
  std::string note;
  std::vector<Source> sources;
  std::vector<Fact> facts;

  /// The source with that id, or nullptr.
  const Source* FindSource(std::string_view source_id) const;
  /// The source behind a field, or nullptr.
  const Source* SourceOf(std::string_view field) const;

  friend bool operator==(const Entry&, const Entry&) = default;
};

}  // namespace roofscape::catalog
