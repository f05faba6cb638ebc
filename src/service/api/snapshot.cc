#include "service/api/snapshot.h"

#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace roofscape::api {
namespace {

constexpr std::array<std::string_view, kFields> kNames = {
    "model", "shape", "chip", "engine", "precision", "speculative", "protocol", "way", "origin"};

/// Whether two rows agree in all that makes a setup. Rows of one setup lie together, so that
/// most of them need no keys made.
bool SameSetup(const spec::Row& a, const spec::Row& b) {
  return a.deployment == b.deployment && a.workload == b.workload && a.protocol == b.protocol &&
         a.window == b.window && a.way == b.way &&
         (a.origin.format == "roofscape") == (b.origin.format == "roofscape");
}

}  // namespace

std::string_view Name(Field field) { return kNames[static_cast<std::size_t>(field)]; }

std::span<const std::string_view> FieldNames() { return kNames; }

std::string ShapeOf(const spec::Workload& workload) {
  if (workload.input.tokens <= 0 && workload.output.tokens <= 0) return workload.name;
  return fmt::format("{}/{}", workload.input.tokens, workload.output.tokens);
}

std::uint32_t Snapshot::Names::CodeOf(const std::string& value) {
  const auto [at, is_new] = places.emplace(value, static_cast<std::uint32_t>(values.size()));
  if (is_new) values.push_back(value);
  return at->second;
}

std::uint32_t Snapshot::AddSetup(const spec::Row& row, bool own) {
  const spec::Deployment& d = row.deployment;
  const std::array<std::string, kFields> texts = {
      d.model, ShapeOf(row.workload),   d.chip, d.engine, d.precision, d.speculative, row.protocol,
      row.way, own ? "own" : "imported"};
  Setup setup;
  std::array<std::uint32_t, kFields + 2> key{};
  for (std::size_t i = 0; i < kFields; ++i) {
    key[i] = setup.codes[i] = names_[i].CodeOf(texts[i]);
  }
  analysis::RowSeriesKey series = analysis::SeriesKeyOf(row);
  key[kFields] = setup.series = series_keys_.CodeOf(analysis::ExactKey(series));
  if (setup.series == series_.size()) series_.push_back(std::move(series));
  key[kFields + 1] = setup.layout = layouts_.CodeOf(analysis::LayoutName(d));
  const auto [at, is_new] = setup_places_.emplace(key, static_cast<std::uint32_t>(setups_.size()));
  if (is_new) setups_.push_back(setup);
  return at->second;
}

void Snapshot::AddRow(KnownRow known) {
  const bool same = !rows_.empty() && SameSetup(known.row, rows_.back());
  const std::uint32_t setup =
      same ? setup_of_.back() : AddSetup(known.row, !known.origin.run.empty());
  ++setups_[setup].rows;
  setup_of_.push_back(setup);
  rows_.push_back(std::move(known.row));
  origins_.push_back(std::move(known.origin));
}

void Snapshot::MarkLatest() {
  using Load = std::tuple<std::uint64_t, std::int64_t, double>;
  std::map<Load, std::size_t> last;
  latest_.assign(rows_.size(), 0);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const std::uint64_t curve = std::uint64_t{SeriesOf(i)} << 32U | LayoutOf(i);
    const Load load{curve, rows_[i].concurrency, rows_[i].rate_rps.value_or(0)};
    const auto [at, is_new] = last.emplace(load, i);
    if (!is_new && rows_[at->second].measured <= rows_[i].measured) at->second = i;
  }
  for (const auto& [load, row] : last) latest_[row] = 1;
}

std::shared_ptr<const Snapshot> Snapshot::Make(std::vector<KnownRow> rows,
                                               std::int64_t generation) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->generation_ = generation;
  snapshot->rows_.reserve(rows.size());
  snapshot->origins_.reserve(rows.size());
  for (KnownRow& row : rows) snapshot->AddRow(std::move(row));
  snapshot->MarkLatest();
  snapshot->ids_.reserve(rows.size());
  for (std::size_t i = 0; i < snapshot->origins_.size(); ++i) {
    snapshot->ids_.emplace(snapshot->origins_[i].id, i);
  }
  return snapshot;
}

std::optional<std::size_t> Snapshot::Find(std::string_view id) const {
  const auto found = ids_.find(id);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

}  // namespace roofscape::api
