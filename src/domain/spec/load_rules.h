// What is asked of a load that is to be measured, and not of one that was: Validate (plan.h) reads
// stored runs too, some of which have broken these rules.
//
// Thread safety: pure functions.

#pragma once

#include "base/core/result.h"
#include "domain/spec/plan.h"

namespace roofscape::spec {

/// Users without a request would never be there, and the point would carry their number.
/// Errors: kInvalidArgument.
Result<> RefuseIdleUsers(const Load& load);

}  // namespace roofscape::spec
