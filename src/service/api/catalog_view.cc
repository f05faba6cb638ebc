#include <algorithm>
#include <array>
#include <map>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/names.h"
#include "base/core/text.h"
#include "domain/catalog/entry_json.h"
#include "service/api/views.h"

namespace roofscape::api {
namespace {

struct Column {
  const char* field;
  const char* title;
  const char* unit;
};

struct Kind {
  std::string_view folder;  // As in the address.
  std::string_view entry;   // As catalog::Found has it.
  std::vector<Column> columns;
};

const std::array<Kind, 6>& Kinds() {
  static const std::array<Kind, 6> kinds = {{
      {"chips",
       "chip",
       {{"vendor", "vendor", ""},
        {"memory.usable_gb", "memory", "GB"},
        {"memory.bandwidth_tb_s", "bandwidth", "TB/s"},
        {"dense.bf16_tflops", "bf16", "TFLOPS"},
        {"dense.fp8_tflops", "fp8", "TFLOPS"},
        {"dense.fp4_tflops", "fp4", "TFLOPS"},
        {"links.scale_up", "scale-up", ""},
        {"power.tdp_w", "TDP", "W"}}},
      {"fabrics",
       "fabric",
       {{"reach", "reach", ""},
        {"topology", "topology", ""},
        {"chips", "chips", ""},
        {"chip_gb_s", "a chip, one way", "GB/s"}}},
      {"models",
       "model",
       {{"parameters.total_b", "parameters", "billion"},
        {"parameters.active_b", "active", "billion"},
        {"layers", "layers", ""},
        {"hidden", "hidden", ""},
        {"precision", "precision", ""}}},
      {"engines", "engine", {{"maker", "maker", ""}, {"kind", "kind", ""}}},
      {"prices", "price book", {{"date", "from", ""}}},
      {"scores",
       "eval",
       {{"measures", "measures", ""}, {"family", "family", ""}, {"saturated", "saturated", ""}}},
  }};
  return kinds;
}

Result<const Kind*> FindKind(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Kind& kind : Kinds()) {
    if (kind.folder == name) return &kind;
    names.push_back(kind.folder);
  }
  return Error{ErrorCode::kNotFound,
               "kind of the catalog: " + UnknownName(Printable(name, 60), names)};
}

Json MixersJson(const catalog::Model& model) {
  Json mixers = Json::array();
  const auto count = [](const std::optional<std::int64_t>& value) {
    return value ? Json(*value) : Json(nullptr);
  };
  for (const catalog::MixerLayers& m : model.mixers) {
    mixers.push_back({{"mixer", catalog::Name(m.mixer)},
                      {"layers", m.layers},
                      {"place", m.place},
                      {"q_heads", m.q_heads},
                      {"kv_heads", m.kv_heads},
                      {"head_dim", m.head_dim},
                      {"window", count(m.window)},
                      {"chunk", count(m.chunk)},
                      {"kv_lora", count(m.kv_lora)},
                      {"qk_rope", count(m.qk_rope)}});
  }
  return mixers;
}

Json FfnsJson(const catalog::Model& model) {
  Json ffns = Json::array();
  for (const catalog::FfnLayers& f : model.ffns) {
    ffns.push_back({{"routed", f.routed},
                    {"layers", f.layers},
                    {"place", f.place},
                    {"width", f.width},
                    {"experts", f.experts},
                    {"top_k", f.top_k},
                    {"shared_experts", f.shared_experts}});
  }
  return ffns;
}

template <class T>
const T* Find(const std::vector<T>& all, const std::string& id) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const T& one) { return one.entry.id == id; });
  return found == all.end() ? nullptr : &*found;
}

/// What a drawing is made of; null for kinds that are not drawn.
Json ShapeJson(const catalog::Catalog& catalog, const catalog::Found& found) {
  if (found.kind == "model") {
    const catalog::Model* model = Find(catalog.models, found.entry->id);
    if (model == nullptr) return nullptr;
    return {{"mixers", MixersJson(*model)}, {"ffns", FfnsJson(*model)}};
  }
  if (found.kind == "fabric") {
    const catalog::Fabric* fabric = Find(catalog.fabrics, found.entry->id);
    if (fabric == nullptr) return nullptr;
    return {{"topology", catalog::Name(fabric->topology)},
            {"reach", fabric->reach},
            {"chips", fabric->chips ? Json(*fabric->chips) : Json(nullptr)},
            {"shape", fabric->shape},
            {"chip_gb_s", NumberJson(fabric->chip_gb_s)},
            {"hop_us", NumberJson(fabric->hop_us)},
            {"switches", fabric->switches ? Json(*fabric->switches) : Json(nullptr)},
            {"reduces", fabric->reduces}};
  }
  return nullptr;
}

}  // namespace

Json CatalogKindsView(const catalog::Catalog& catalog) {
  Json kinds = Json::array();
  for (const Kind& kind : Kinds()) {
    const auto entries = catalog::AllEntries(catalog);
    const auto count = std::count_if(entries.begin(), entries.end(),
                                     [&](const auto& found) { return found.kind == kind.entry; });
    kinds.push_back({{"kind", kind.folder}, {"count", count}});
  }
  return {{"kinds", std::move(kinds)}};
}

Result<Json> CatalogListView(const catalog::Catalog& catalog, std::string_view kind_name) {
  RS_ASSIGN_OR_RETURN(const Kind* kind, FindKind(kind_name));
  Json columns = Json::array();
  for (const Column& column : kind->columns) {
    columns.push_back({{"field", column.field}, {"title", column.title}, {"unit", column.unit}});
  }
  Json entries = Json::array();
  for (const catalog::Found& found : catalog::AllEntries(catalog)) {
    if (found.kind == kind->entry) entries.push_back(catalog::EntryJson(found, false));
  }
  return Json{{"kind", kind->folder}, {"columns", std::move(columns)}, {"entries", entries}};
}

Result<Json> CatalogEntryView(const catalog::Catalog& catalog, std::string_view kind_name,
                              std::string_view id) {
  RS_ASSIGN_OR_RETURN(const Kind* kind, FindKind(kind_name));
  for (const catalog::Found& found : catalog::FindEntries(catalog, id)) {
    if (found.kind != kind->entry) continue;
    Json entry = catalog::EntryJson(found, true);
    Json shape = ShapeJson(catalog, found);
    if (!shape.is_null()) entry["shape"] = std::move(shape);
    return entry;
  }
  return Error{ErrorCode::kNotFound,
               fmt::format("no {} of the catalog is called '{}': /api/v1/catalog/{} lists them",
                           kind->entry, Printable(id, 60), kind->folder)};
}

}  // namespace roofscape::api
