// The views of the dashboard: functions from what is known (rows, catalog, performance model) and a
// query to the JSON of schema/openapi.json. They compute everything that a page shows; a page only
// draws.
//
// Errors: kInvalidArgument for a query that makes no sense (ParamError where one parameter is to
// blame), kNotFound for a thing that is not there. Thread safety: pure functions.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/core/clock.h"
#include "base/core/json.h"
#include "base/core/result.h"
#include "domain/analysis/cost.h"
#include "domain/catalog/catalog.h"
#include "service/api/params.h"
#include "service/api/predictor.h"
#include "service/api/snapshot.h"

namespace roofscape::api {

class BenchDesk;
class StudyDesk;

/// What is true of a server as long as it runs.
struct Facts {
  const catalog::Catalog* catalog = nullptr;
  const Predictor* predictor = nullptr;
  std::string version;           // Of Roofscape.
  std::string store;             // Its name for people, without secrets.
  StudyDesk* studies = nullptr;  // Null: no co-design.
  BenchDesk* benches = nullptr;  // Null: it starts no runs.
};

/// What a view is made from.
struct ViewInput {
  const Facts* facts = nullptr;
  std::shared_ptr<const Snapshot> snapshot;
  WallTime now;

  const catalog::Catalog& catalog() const { return *facts->catalog; }
};

/// `tier` and `date`; without a date `as_of`, without either today.
Result<analysis::Pricing> ReadPricing(const Params& params, const ViewInput& input);
Json PricingJson(const analysis::Pricing& pricing);
/// Names of the parameters that ReadPricing reads.
std::span<const std::string_view> PricingParams();

/// An answer's `key` and its parts, as columns, tables and labels have them.
Json KeyJson(const analysis::RowSeriesKey& key);
/// "b200-sxm, sglang, fp4, mtp"
std::string SystemLabel(const analysis::RowSeriesKey& key);
Json PriceJson(const catalog::DatedFigure& price, const analysis::Pricing& pricing);
/// What our own audit says of the client: "VALID", "DEGRADED", "INVALID"; "UNKNOWN" of imported
/// rows, whose client nobody here watched.
std::string_view VerdictName(const spec::Row& row, const RowOrigin& origin);
/// The day of a measurement, or null.
Json DayJson(const spec::Row& row);
/// The number, or null where there is none or it is not finite.
Json NumberJson(std::optional<double> value);
/// Concurrency, or null for an open loop.
Json ConcurrencyJson(const spec::Row& row);
Json OptionalText(const std::string& text);

Result<Json> MetaView(const ViewInput& input);
Result<Json> FrontierView(const ViewInput& input, const Params& params);
Result<Json> CompareView(const ViewInput& input, const Params& params);
Result<Json> HistoryView(const ViewInput& input, const Params& params);
Result<Json> IntelligenceView(const ViewInput& input, const Params& params);
Result<Json> PredictView(const ViewInput& input, const Params& params);
Result<Json> StudiesView(const ViewInput& input);
/// Starts it where nobody has; its state until it is done.
Result<Json> StudyView(const ViewInput& input, std::string_view id);
/// Waits for it.
Result<Json> FinishedStudyView(const ViewInput& input, std::string_view id);
Result<Json> SketchView(const ViewInput& input, const Params& params);

Json CatalogKindsView(const catalog::Catalog& catalog);
Result<Json> CatalogListView(const catalog::Catalog& catalog, std::string_view kind);
Result<Json> CatalogEntryView(const catalog::Catalog& catalog, std::string_view kind,
                              std::string_view id);

}  // namespace roofscape::api
