// Small spaces for this room's tests, made by hand or by chance.

#pragma once

#include "base/core/rng.h"
#include "model/codesign/search.h"

namespace roofscape::codesign {

/// One chip with measured kernels, one engine, a dense model: 4 chips, few loads, both modes.
Wish TestWish();

/// A wish by chance: model, chips, engines, precisions, budgets, lengths, drafts.
Wish RandomWish(Rng& rng);

/// Levels and a limit by chance.
Goal RandomGoal(Rng& rng);

/// With measured kernels where `kernels`; the wish must be a good one.
Space TestSpace(const Wish& wish, bool kernels);

/// Every plan of a space, in no order that a search would take.
std::vector<Plan> AllPlans(const Space& space);

}  // namespace roofscape::codesign
