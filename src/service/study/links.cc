#include "service/study/links.h"

#include <fmt/format.h>

namespace roofscape::study {

Result<codesign::FabricOption> FabricOf(const catalog::Catalog& catalog, const catalog::Chip& base,
                                        const std::string& name, const std::string& scale_out) {
  RS_ASSIGN_OR_RETURN(const catalog::Fabric* fabric, catalog::FindFabric(catalog, name));
  catalog::Chip chip = base;
  chip.links.scale_up = fabric->entry.id;
  chip.links.scale_out.clear();
  if (!scale_out.empty()) {
    RS_ASSIGN_OR_RETURN(const catalog::Fabric* out, catalog::FindFabric(catalog, scale_out));
    chip.links.scale_out = out->entry.id;
  }
  RS_ASSIGN_OR_RETURN(const perf::Machine machine, perf::MakeMachine(catalog, chip));
  if (machine.link_bandwidth <= 0.0) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("chip: fabrics: '{}' has no rate in the catalog (chip_gb_s)", name)};
  }
  return codesign::FabricOption{fabric->entry.name, machine};
}

}  // namespace roofscape::study
