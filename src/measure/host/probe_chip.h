// The chip file that a probe's readings make.
//
// Thread safety: pure functions.

#pragma once

#include <optional>
#include <string>

#include "domain/catalog/chip.h"
#include "measure/host/probe_result.h"

namespace roofscape::host {

/// What the file is called and where its values come from.
struct ChipOrigin {
  std::string id;       // The file's name without ".toml".
  std::string program;  // "roofscape 0.3.0"
  catalog::Date today;
};

/// A chip of the readings' best values, each to four digits, with one source: this probe. Its
/// confidence is low where the readings are doubtful (Doubts()), else medium.
///
/// A processor has no peaks that its maker states; what was reached stands in their place, so that
/// nothing computed from the file exceeds what the machine can do.
catalog::Chip MakeChip(const ProbeResult& result, const CpuReadings& cpu, const ChipOrigin& origin);
catalog::Chip MakeChip(const ProbeResult& result, const GpuReadings& gpu, const ChipOrigin& origin);

/// `text` as the name of a file and an id: lower case, with '-' for everything but letters and
/// digits; "this-machine" where nothing is left.
std::string IdOf(std::string_view text);

}  // namespace roofscape::host
