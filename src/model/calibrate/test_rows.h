// A catalog and measured rows made by the model itself, with planted coefficients.

#pragma once

#include <cstdint>
#include <vector>

#include "domain/catalog/catalog.h"
#include "model/calibrate/case.h"

namespace roofscape::calibrate {

/// Two chips of Hopper, one of Blackwell, a dense and a routed model.
catalog::Catalog TestCatalog();

/// Rows of both models on all chips under vllm and sglang, tp 1 to 8, concurrency 1 to 64, two
/// shapes: TTFT and TPOT as the model says under `planted`, times exp(noise x normal).
std::vector<ServingRow> PlantedRows(const catalog::Catalog& catalog,
                                    std::span<const double> planted, double noise,
                                    std::uint64_t seed);

std::vector<Case> CasesOf(const catalog::Catalog& catalog, std::span<const ServingRow> rows);

}  // namespace roofscape::calibrate
