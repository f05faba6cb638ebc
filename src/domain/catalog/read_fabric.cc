#include <array>

#include "domain/catalog/read.h"

namespace roofscape::catalog {
namespace {

constexpr std::array<std::string_view, 7> kTopologies = {"switch", "mesh", "torus", "dragonfly",
                                                         "wafer",  "bus",  "rails"};

constexpr std::array<std::string_view, kCollectives> kCollectiveNames = {"small_all_reduce",
                                                                         "ring_all_reduce",
                                                                         "in_switch_all_reduce",
                                                                         "gather",
                                                                         "all_to_all",
                                                                         "dispatch",
                                                                         "combine",
                                                                         "send"};

CollectiveFit ReadFit(ObjectReader& reader, bool of_tokens) {
  CollectiveFit fit;
  reader.Required("launch_us", fit.launch_us);
  reader.Optional("step_us", fit.step_us);
  reader.Required("efficiency", fit.efficiency);
  reader.Optional("half_mb", fit.half_mb);
  reader.Optional("own_share", fit.own_share);
  if (of_tokens) {
    reader.Required("copies", fit.copies);
    ReadChoice(reader, "copies", {"rank", "expert"}, fit.copies);
  }
  return fit;
}

}  // namespace

std::string_view Name(Collective collective) {
  return kCollectiveNames[static_cast<std::size_t>(collective)];
}

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
  reader.Optional("layer_us", fabric.layer_us);
  reader.ReadInside("collectives", [&](ObjectReader& child) {
    for (std::size_t i = 0; i < kCollectives; ++i) {
      const auto kind = static_cast<Collective>(i);
      const bool of_tokens = kind == Collective::kDispatch || kind == Collective::kCombine;
      child.ReadInside(kCollectiveNames[i], [&](ObjectReader& table) {
        fabric.collectives[i] = ReadFit(table, of_tokens);
      });
    }
  });
  RS_RETURN_IF_ERROR(reader.Finish());
  return fabric;
}

}  // namespace roofscape::catalog
