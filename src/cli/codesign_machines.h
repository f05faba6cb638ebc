// What each machine gives with each model as it is, at each speed and length: where one kind of, as
// text.
//
// Thread safety: pure functions.

#pragma once

#include <string>

#include "cli/table.h"
#include "service/study/machines.h"

namespace roofscape::cli {

std::string MachinesText(const study::MachinesTable& t, const Style& style);

}  // namespace roofscape::cli
