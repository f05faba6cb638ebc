// Every model of a space on every machine, what moving costs, and what softens it, as text.
//
// Thread safety: pure functions.

#pragma once

#include <string>

#include "cli/table.h"
#include "service/study/portability.h"

namespace roofscape::cli {

std::string PortabilityText(const study::PortabilityTable& t, const Style& style);

}  // namespace roofscape::cli
