// A deployment that somebody asks about, by names of the catalog and degrees, and the row that the
// performance model makes a case of. Commands and the API ask alike.
//
// Thread safety: plain values and pure functions.

#pragma once

#include <optional>
#include <string>

#include "base/core/result.h"
#include "domain/catalog/catalog.h"
#include "model/calibrate/case.h"

namespace roofscape::calibrate {

struct Wish {
  std::string model, chip, fabric, engine, precision;
  std::optional<double> chips, workers;
  std::optional<double> threads, slots;  // Of an engine on a processor.
  std::optional<double> tp, ep, dp, pp;
  std::optional<double> drafts;       // Of speculative decoding, tokens a step,
  std::optional<double> accepted;     // and those accepted, in the mean.
  std::optional<double> power_cap_w;  // Of a chip.
  double prefix_hit = 0.0;            // Share of each prompt that a prefix cache holds,
  double host_hit = 0.0;              // and that is read back from the host's memory,
  std::optional<double> host_gbps;    // at so many GB/s a chip; missing: its link's.
  std::optional<double> prefill_tp, prefill_ep, prefill_dp, prefill_workers;

  bool Disaggregated() const { return prefill_tp || prefill_ep || prefill_dp || prefill_workers; }
};

/// The deployment as a row without load; nominal lengths are the caller's.
ServingRow RowOf(const Wish& wish);

/// Refuses a number of chips that contradicts the degrees, and experts where there are none.
Result<> CheckLayout(const Wish& wish, const catalog::Catalog& catalog);

/// Puts the fabric that is wished for in the place of the chip's own links.
Result<> ReplaceFabric(const Wish& wish, catalog::Catalog& catalog);

/// Refuses weights that leave no room for a cache, on either side where there are two, and workers
/// of more chips than the known links join.
Result<> CheckFits(const Case& c);

}  // namespace roofscape::calibrate
