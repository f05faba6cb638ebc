#include "service/api/snapshot.h"

#include <algorithm>
#include <charconv>
#include <system_error>
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

/// The setup of a row, whose forerunners have theirs.
std::uint32_t Snapshot::SetupFor(std::size_t row) {
  const RowOrigin& origin = origins_[row];
  if (origin.setup_id == 0) {
    const bool same = row > 0 && SameSetup(rows_[row], rows_[row - 1]);
    return same ? setup_of_.back() : AddSetup(rows_[row], !origin.run.empty());
  }
  const auto [at, is_new] = setup_by_id_.try_emplace(origin.setup_id, 0);
  if (is_new) at->second = AddSetup(rows_[row], !origin.run.empty());
  return at->second;
}

void Snapshot::MarkLatest() {
  struct Load {
    std::uint64_t curve;
    std::int64_t concurrency;
    double rate;
    std::int64_t measured_us;
    std::size_t row;
  };
  std::vector<Load> loads;
  loads.reserve(rows_.size());
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const std::uint64_t curve = std::uint64_t{SeriesOf(i)} << 32U | LayoutOf(i);
    loads.push_back(
        {curve, rows_[i].concurrency, rows_[i].rate_rps.value_or(0), rows_[i].measured.unix_us, i});
  }
  const auto same_load = [](const Load& a, const Load& b) {
    return std::tie(a.curve, a.concurrency, a.rate) == std::tie(b.curve, b.concurrency, b.rate);
  };
  std::sort(loads.begin(), loads.end(), [](const Load& a, const Load& b) {
    return std::tie(a.curve, a.concurrency, a.rate, a.measured_us, a.row) <
           std::tie(b.curve, b.concurrency, b.rate, b.measured_us, b.row);
  });
  latest_.assign(rows_.size(), 0);
  for (std::size_t i = 0; i < loads.size(); ++i) {
    const bool last = i + 1 == loads.size() || !same_load(loads[i], loads[i + 1]);
    if (last) latest_[loads[i].row] = 1;
  }
}

void Snapshot::KeepIds() {
  for (std::size_t i = 0; i < origins_.size(); ++i) {
    if (origins_[i].archive_id != 0) {
      archive_ids_.emplace_back(origins_[i].archive_id, i);
    } else {
      own_ids_.emplace(origins_[i].id, i);
    }
  }
  // As they were read, mostly.
  if (!std::is_sorted(archive_ids_.begin(), archive_ids_.end())) {
    std::sort(archive_ids_.begin(), archive_ids_.end());
  }
}

std::shared_ptr<const Snapshot> Snapshot::Make(KnownRows rows, std::int64_t generation) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->generation_ = generation;
  snapshot->rows_ = std::move(rows.rows_);
  snapshot->origins_ = std::move(rows.origins_);
  snapshot->setup_of_.reserve(snapshot->rows_.size());
  for (std::size_t i = 0; i < snapshot->rows_.size(); ++i) {
    const std::uint32_t setup = snapshot->SetupFor(i);
    ++snapshot->setups_[setup].rows;
    snapshot->setup_of_.push_back(setup);
  }
  snapshot->MarkLatest();
  snapshot->KeepIds();
  return snapshot;
}

std::optional<std::size_t> Snapshot::Find(std::string_view id) const {
  if (const auto own = own_ids_.find(id); own != own_ids_.end()) return own->second;
  if (!id.starts_with('a')) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(id.data() + 1, id.data() + id.size(), number);
  const auto found =
      std::lower_bound(archive_ids_.begin(), archive_ids_.end(), std::pair(number, std::size_t{0}));
  // "a017" is the id of no row.
  if (error != std::errc() || found == archive_ids_.end() || origins_[found->second].id != id) {
    return std::nullopt;
  }
  return found->second;
}

}  // namespace roofscape::api
