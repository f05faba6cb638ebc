// What links are worth: one chip with one fabric after another between its likes. How long tokens
// take to their experts and back, by how many chips the experts are spread over; what the best
// layout gives, by how many chips a switch joins.
//
// A chip-second costs the same whatever joins the chips: no price book tells what links cost. By
// rooflines, since kernels that sum over links were measured on their own links alone.
//
// Thread safety: no shared state.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/json.h"
#include "service/study/means.h"
#include "service/study/space.h"

namespace roofscape::study {

/// As the file has it.
struct FabricsText {
  std::string path, name;
  std::string model, chip, engine = "vllm", precision, objective = "usd";
  std::int64_t chips = 64;      // Of a deployment at most.
  double tokens_per_chip = 64;  // Of a step that spreads over experts.
  double input = 1024.0, output = 1024.0;
  std::vector<double> speeds_tps;
  std::vector<std::string> fabrics;  // Scale-up.
  std::string scale_out;             // Between domains; empty: nothing.
  std::vector<double> domains;       // Of switches.
  analysis::PriceChoice prices;
};

/// A file's text; `path` is its name.
Result<FabricsText> ParseFabrics(std::string_view text, const std::string& path);

struct FabricRow {
  std::string name, topology;
  double link_gb_s = 0.0;
  double domain_chips = 1.0;  // As it is sold.
  /// Seconds of dispatch and combine in one step, all layers, as FabricsTable::spreads. Missing: so
  /// many chips are not joined.
  std::vector<std::optional<double>> travel_s;
  /// Values by domain (FabricsText::domains; one entry, its own, where it is no switch), then
  /// speed.
  std::vector<double> domains;
  std::vector<codesign::ServedAt> served;
};

struct FabricsTable {
  FabricsText text;
  analysis::Spending spending;
  std::vector<double> spreads;  // Chips.
  std::vector<FabricRow> rows;
};

Result<FabricsTable> ComputeFabrics(const FabricsText& text, const Means& means);

Json FabricsJson(const FabricsTable& t);

}  // namespace roofscape::study
