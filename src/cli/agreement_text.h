// The same loads told in several ways (predicted, simulated, measured), as a table with the
// differences from one of them.
//
// Thread safety: pure functions.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/core/json.h"
#include "cli/table.h"
#include "domain/spec/run_result.h"

namespace roofscape::cli {

struct AgreementRow {
  std::string load;  // "16", "2/s"
  std::string way;   // "predicted"
  std::optional<double> ttft_mean_s, ttft_p50_s, tpot_mean_s, output_tps;
  std::string remark;  // What is to be known of it, e.g. the verdict of the instrument.
};

/// The figures of a point that was measured or simulated: of its protocol's window, else of all.
AgreementRow RowOfPoint(const spec::PointResult& point, std::string_view way);

/// Each way's figures, and how far they are from those of `reference` under the same load.
std::string AgreementTable(std::span<const AgreementRow> rows, std::string_view reference,
                           const Style& style);
Json AgreementJson(std::span<const AgreementRow> rows, std::string_view reference);

}  // namespace roofscape::cli
