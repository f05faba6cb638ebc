#include <array>

#include "domain/catalog/read.h"

namespace roofscape::catalog {
namespace {

constexpr std::array<std::string_view, 7> kTopologies = {"switch", "mesh", "torus", "dragonfly",
                                                         "wafer",  "bus",  "rails"};

}  // namespace

std::string_view Name(Topology topology) { return kTopologies[static_cast<std::size_t>(topology)]; }

Result<Fabric> ReadFabric(const Document& document) {
  Fabric fabric;
  ObjectReader reader(document);
  fabric.entry = ReadEntry(reader, document);
  if (!reader.Has("topology")) reader.Fail("topology", "is missing");
  ReadEnum(reader, "topology", kTopologies, fabric.topology);
  if (!reader.Has("reach")) reader.Fail("reach", "is missing");
  ReadChoice(reader, "reach", {"scale-up", "scale-out"}, fabric.reach);
  reader.Optional("chips", fabric.chips);
  reader.Optional("axes", fabric.axes);
  reader.Optional("shape_chips", fabric.shape);
  reader.Optional("wrap_multiple_chips", fabric.wrap_multiple_chips);
  reader.Optional("smaller_chips", fabric.smaller_chips);
  reader.Optional("chip_gb_s", fabric.chip_gb_s);
  reader.Optional("link_gb_s", fabric.link_gb_s);
  reader.Optional("links", fabric.links);
  reader.Optional("hop_us", fabric.hop_us);
  reader.Optional("switches", fabric.switches);
  reader.Optional("reduces", fabric.reduces);
  RS_RETURN_IF_ERROR(reader.Finish());
  return fabric;
}

}  // namespace roofscape::catalog
