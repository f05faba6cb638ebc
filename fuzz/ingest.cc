// Result files come from anywhere: any text is refused with a message that names it, or every row
// of it is either read, with figures that are numbers and a key, or kept aside with a reason. The
// same text read again gives the same. The first byte chooses the format; where a format may come
// as an archive, an archive is unpacked first.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/core/check.h"
#include "results/ingest/ingest.h"
#include "results/ingest/power_csv.h"
#include "results/ingest/zip.h"

namespace {

using namespace roofscape;

template <class T>
T Named(const char* id, const char* alias) {
  T thing;
  thing.entry.id = id;
  thing.entry.aliases = {alias};
  return thing;
}

const catalog::Catalog& SmallCatalog() {
  static const catalog::Catalog kCatalog = [] {
    catalog::Catalog catalog;
    catalog.chips = {Named<catalog::Chip>("b200-sxm", "b200"),
                     Named<catalog::Chip>("mi355x", "mi355")};
    catalog.models = {Named<catalog::Model>("deepseek-v3", "dsr1")};
    catalog::Engine engine = Named<catalog::Engine>("sglang", "sgl");
    engine.variants = {{"dynamo-sglang", "dynamo", false}, {"mori-sglang", "", true}};
    catalog.engines = {engine};
    return catalog;
  }();
  return kCatalog;
}

ingest::Batch ReadAll(const ingest::Format& format, std::string_view text) {
  ingest::Source source;
  source.name = "input";
  source.catalog = &SmallCatalog();
  ingest::Batch all;
  const auto read = format.read(text, source, [&all](ingest::Batch batch) -> Result<> {
    for (spec::Row& row : batch.rows) all.rows.push_back(std::move(row));
    for (spec::EvalRow& row : batch.evals) all.evals.push_back(std::move(row));
    for (ingest::Aside& aside : batch.aside) all.aside.push_back(std::move(aside));
    return {};
  });
  RS_CHECK(read || read.error().message.starts_with("input"));
  // A text that is of the format has at least one row, read or kept aside.
  RS_CHECK(!read || all.rows.size() + all.evals.size() + all.aside.size() > 0);
  return all;
}

void CheckBatch(const ingest::Batch& batch, std::size_t size) {
  for (const ingest::Aside& aside : batch.aside) {
    RS_CHECK(!aside.code.empty() && !aside.reason.empty());
    RS_CHECK(aside.offset >= 0 && aside.bytes >= 0);
    RS_CHECK(static_cast<std::size_t>(aside.offset + aside.bytes) <= size);
  }
  for (const spec::EvalRow& row : batch.evals) {
    RS_CHECK(!row.origin.key.empty() && !row.task.empty() && !row.scores.empty());
    RS_CHECK(static_cast<std::size_t>(row.origin.offset + row.origin.bytes) <= size);
    for (const spec::EvalScore& score : row.scores) {
      RS_CHECK(score.score >= 0.0 && score.score <= 1.0);
      RS_CHECK(!score.interval || (score.interval->low >= 0.0 && score.interval->high <= 1.0));
    }
  }
  for (const spec::Row& row : batch.rows) {
    RS_CHECK(!row.origin.key.empty() && !row.origin.format.empty());
    RS_CHECK(static_cast<std::size_t>(row.origin.offset + row.origin.bytes) <= size);
    RS_CHECK(row.concurrency >= 0);
    // Our own runs may hold what their metrics allow; others' figures were checked by the reader.
    if (row.origin.format == "roofscape") continue;
    for (const auto& [place, value] : row.values.entries()) {
      RS_CHECK(std::isfinite(value) && value >= 0.0);
    }
  }
}

/// A trace of power: every sample that has a time and a power has finite ones.
void CheckPower(std::string_view text) {
  for (const analysis::PowerSample& sample : ingest::ReadPowerCsv(text, 0.0).samples) {
    RS_CHECK(!sample.time_s || (std::isfinite(*sample.time_s) && *sample.time_s >= 0.0));
    RS_CHECK(!sample.power_w || std::isfinite(*sample.power_w));
  }
}

/// The text inside an archive; an input that is none as it is. Nothing: it was refused.
std::optional<std::string> Unpacked(const ingest::Format& format, std::string_view input) {
  constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 22U;
  if (format.unpack == nullptr || !ingest::IsZip(input)) return std::string(input);
  auto text = format.unpack(input, "input", kMostBytes);
  if (text) {
    // Quotes, commas and names of the tables stand around them.
    RS_CHECK(text->size() <= kMostBytes + 100);
    return *std::move(text);
  }
  RS_CHECK(text.error().message.starts_with("input: "));
  return std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  CheckPower(input);
  const auto formats = ingest::AllFormats();
  const ingest::Format& format = formats[data[0] % formats.size()];
  const std::optional<std::string> text = Unpacked(format, input);
  if (!text) return 0;
  const ingest::Batch batch = ReadAll(format, *text);
  CheckBatch(batch, text->size());
  const ingest::Batch again = ReadAll(format, *text);
  RS_CHECK(again.rows == batch.rows);
  RS_CHECK(again.evals == batch.evals);
  RS_CHECK(again.aside.size() == batch.aside.size());
  return 0;
}
