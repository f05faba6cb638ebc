// The views that read the store beside the snapshot: single rows, answers with their recipes, runs.
//
// Errors and thread safety: as views.h; calls of the store take turns.

#pragma once

#include <string_view>

#include "base/core/json.h"
#include "base/core/result.h"
#include "service/api/store_access.h"
#include "service/api/views.h"

namespace roofscape::api {

Result<Json> RowView(const ViewInput& input, StoreAccess& store, std::string_view id,
                     const Params& params);
Result<Json> AnswerView(const ViewInput& input, StoreAccess& store, const Params& params);

Json RunSummaryJson(const store::RunSummary& run);
Result<Json> RunsView(const ViewInput& input, StoreAccess& store, const Params& params);
Result<Json> RunView(const ViewInput& input, StoreAccess& store, std::string_view id);
Result<Json> RunPointView(const ViewInput& input, StoreAccess& store, std::string_view id,
                          std::string_view point, const Params& params);
Result<Json> RunSeriesView(const ViewInput& input, StoreAccess& store, std::string_view id,
                           const Params& params);
/// The script that measures a point of a sweep again; null where the run was not made by one.
Result<Json> RunRecipeView(const ViewInput& input, StoreAccess& store, std::string_view id);
Result<Json> LiveView(const ViewInput& input, StoreAccess& store);

/// Campaigns of `sweep` and entries of `daemon`.
Result<Json> FleetView(const ViewInput& input, StoreAccess& store);
/// A campaign with all its points.
Result<Json> SweepView(const ViewInput& input, StoreAccess& store, std::string_view name);
/// An entry with what its runs found, newest first.
Result<Json> EntryView(const ViewInput& input, StoreAccess& store, std::string_view name);
/// The `entries` of FleetView.
Result<Json> EntriesJson(const ViewInput& input, StoreAccess& store);
Json FailureJson(const fleet::Failure& failure);

}  // namespace roofscape::api
