// The type of JSON values in this project. Includes only forward declarations: include
// <nlohmann/json.hpp> in the .cc file that looks inside one.

#pragma once

#include <nlohmann/json_fwd.hpp>

namespace roofscape {

/// Keeps the order of its fields, so that what is written reads like what was meant.
using Json = nlohmann::ordered_json;

}  // namespace roofscape
