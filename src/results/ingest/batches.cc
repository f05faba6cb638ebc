#include "results/ingest/batches.h"

#include <utility>

#include <fmt/format.h>

#include "base/core/check.h"
#include "base/core/text.h"

namespace roofscape::ingest {
namespace {

// Small enough to stay in the cache until it is taken.
constexpr std::size_t kBatchRows = 256;

}  // namespace

Result<> Batches::Add(spec::Row row) {
  batch_.rows.push_back(std::move(row));
  return Added();
}

Result<> Batches::Add(spec::EvalRow row) {
  batch_.evals.push_back(std::move(row));
  return Added();
}

Result<> Batches::Add(const RowText& text, Problem problem) {
  if (text.cut) problem = {"broken_end", "the text breaks off within this row: it was cut off"};
  batch_.aside.push_back({text.place, text.offset, static_cast<std::int64_t>(text.text.size()),
                          std::move(problem.code), std::move(problem.reason)});
  return Added();
}

Result<> Batches::Added() {
  ++count_;
  const std::size_t held = batch_.rows.size() + batch_.evals.size() + batch_.aside.size();
  return held < kBatchRows ? Result<>() : Finish();
}

Result<> Batches::Finish() {
  if (batch_.rows.empty() && batch_.evals.empty() && batch_.aside.empty()) return {};
  Batch batch = std::exchange(batch_, {});
  batch_.rows.reserve(kBatchRows);
  return take_(std::move(batch));
}

Result<> CheckBegin(std::string_view text, const Source& source, std::string_view expected) {
  RS_CHECK(source.catalog != nullptr);
  const std::size_t first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (first != std::string_view::npos && (text[first] == '{' || text[first] == '[')) return {};
  constexpr std::size_t kQuoted = 40;
  const std::string begin = first == std::string_view::npos
                                ? "nothing"
                                : "'" + Printable(text.substr(first), kQuoted) + "'";
  return Error{ErrorCode::kProtocol,
               fmt::format("{}: expected {}, got {}", source.name, expected, begin)};
}

Result<> Finish(const JsonRows& rows, const Source& source, Batches& batches) {
  if (rows.broken()) {
    RowText end;
    end.place = batches.count();
    RS_RETURN_IF_ERROR(
        batches.Add(end, {"broken_end",
                          "the text does not end where its list ends: it was cut off, or "
                          "something stands behind the list"}));
  }
  RS_RETURN_IF_ERROR(batches.Finish());
  if (batches.count() > 0) return {};
  return Error{ErrorCode::kProtocol, source.name + ": no rows; the list is empty"};
}

}  // namespace roofscape::ingest
