// How to get a point again: the command of an own run, or for a published one the run that made it
// and everything that it says of itself.
//
// Thread safety: pure functions.

#pragma once

#include "base/core/json.h"
#include "domain/spec/plan.h"
#include "domain/spec/row.h"

namespace roofscape::api {

/// Of a published row, with its facts.
Json RecipeOf(const spec::Row& row);
/// Of a point of an own run.
Json RecipeOf(const spec::Plan& plan);

}  // namespace roofscape::api
