// Series of telemetry in SqlStore.

#include <bit>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/core/check.h"
#include "results/store/chunk.h"
#include "results/store/sql_store.h"

namespace roofscape::store {
namespace {

constexpr std::size_t kSampleBytes = 16;

void AppendWord(std::uint64_t word, std::string& out) {
  for (int byte = 0; byte < 8; ++byte) out += static_cast<char>(word >> (8 * byte) & 0xFFU);
}

std::uint64_t WordAt(std::string_view bytes, std::size_t at) {
  std::uint64_t word = 0;
  for (std::size_t byte = 0; byte < 8; ++byte) {
    word |= std::uint64_t{static_cast<unsigned char>(bytes[at + byte])} << (8 * byte);
  }
  return word;
}

/// All offsets, then all values: like stands beside like, which compresses well.
std::string Encode(const Series& series) {
  RS_CHECK(series.offsets_us.size() == series.values.size());
  std::string out;
  out.reserve(series.values.size() * kSampleBytes);
  for (const std::int64_t offset : series.offsets_us) {
    AppendWord(std::bit_cast<std::uint64_t>(offset), out);
  }
  for (const double value : series.values) AppendWord(std::bit_cast<std::uint64_t>(value), out);
  return out;
}

Result<> Decode(std::string_view bytes, std::int64_t samples, Series& series) {
  const auto count = static_cast<std::size_t>(samples);
  if (samples < 0 || bytes.size() != count * kSampleBytes) {
    return Error{ErrorCode::kProtocol,
                 fmt::format("series {} of {}: holds other than its {} samples: restore the "
                             "database from a copy",
                             series.metric, series.device, samples)};
  }
  for (std::size_t i = 0; i < count; ++i) {
    series.offsets_us.push_back(std::bit_cast<std::int64_t>(WordAt(bytes, 8 * i)));
    series.values.push_back(std::bit_cast<double>(WordAt(bytes, 8 * (count + i))));
  }
  return {};
}

}  // namespace

Result<std::int64_t> SqlStore::AddSeries(const std::string& run_id,
                                         std::span<const Series> series) {
  const std::scoped_lock lock(mutex_);
  RS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Write(*database_, Durability::kPower));
  RS_ASSIGN_OR_RETURN(
      Statement there,
      database_->Prepare("SELECT 1 FROM series WHERE run_id = ? AND metric = ? AND device = ? AND "
                         "digest = ?"));
  RS_ASSIGN_OR_RETURN(
      Statement insert,
      database_->Prepare("INSERT INTO series (run_id, metric, device, digest, source, known_us, "
                         "begin_us, samples, plain_bytes, zstd) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  std::int64_t added = 0;
  for (const Series& one : series) {
    there.Bind(run_id).Bind(std::string_view(one.metric)).Bind(std::string_view(one.device));
    RS_ASSIGN_OR_RETURN(const bool known, there.Bind(std::string_view(one.digest)).Step());
    there.Reset();
    if (known) continue;
    const Packed packed = PackText(Encode(one));
    insert.Bind(run_id).Bind(std::string_view(one.metric)).Bind(std::string_view(one.device));
    insert.Bind(std::string_view(one.digest)).Bind(std::string_view(one.source));
    insert.Bind(one.known.unix_us).Bind(one.begin.unix_us);
    insert.Bind(static_cast<std::int64_t>(one.values.size())).Bind(packed.plain_bytes);
    RS_RETURN_IF_ERROR(insert.BindBytes(packed.zstd).Run());
    ++added;
  }
  RS_RETURN_IF_ERROR(transaction.Commit());
  return added;
}

Result<std::vector<Series>> SqlStore::LoadSeries(const std::string& run_id) {
  const std::scoped_lock lock(mutex_);
  RS_ASSIGN_OR_RETURN(
      Statement query,
      database_->Prepare("SELECT metric, device, source, digest, known_us, begin_us, samples, "
                         "plain_bytes, zstd FROM series WHERE run_id = ? "
                         "ORDER BY metric, device, known_us, digest"));
  query.Bind(run_id);
  std::vector<Series> all;
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return all;
    Series& series = all.emplace_back();
    series.metric = query.Text(0);
    series.device = query.Text(1);
    series.source = query.Text(2);
    series.digest = query.Text(3);
    series.known = WallTime{query.Int(4)};
    series.begin = WallTime{query.Int(5)};
    RS_ASSIGN_OR_RETURN(const std::string bytes, UnpackText(query.Int(7), query.Text(8)));
    RS_RETURN_IF_ERROR(Decode(bytes, query.Int(6), series));
  }
}

}  // namespace roofscape::store
