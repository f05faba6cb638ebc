#include "results/ingest/inferencex_zip.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "results/ingest/json_rows.h"
#include "results/ingest/zip.h"

namespace roofscape::ingest {
namespace {

/// In the order of the text, so that one dump always gives one text.
constexpr auto kTables = std::to_array<std::string_view>(
    {"configs", "workflow_runs", "benchmark_results", "eval_results"});

/// "dump/configs.json" is configs.
std::string_view TableOf(std::string_view name) {
  constexpr std::string_view kEnding = ".json";
  if (!name.ends_with(kEnding)) return {};
  name.remove_suffix(kEnding.size());
  const std::size_t folder = name.find_last_of("/\\");
  return folder == std::string_view::npos ? name : name.substr(folder + 1);
}

bool IsList(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos || text[begin] != '[') return false;
  const auto end = EndOfValue(text, begin);
  return end && text.find_first_not_of(kBlanks, *end) == std::string_view::npos;
}

Result<std::map<std::string_view, ZipEntry>> FindTables(std::string_view bytes) {
  RS_ASSIGN_OR_RETURN(const std::vector<ZipEntry> entries, ListZip(bytes));
  std::map<std::string_view, ZipEntry> tables;
  for (const ZipEntry& entry : entries) {
    const std::string_view table = TableOf(entry.name);
    if (std::find(kTables.begin(), kTables.end(), table) == kTables.end()) continue;
    if (!tables.emplace(table, entry).second) {
      return Error{ErrorCode::kProtocol,
                   fmt::format("has two files {}.json: leave one in it", table)};
    }
  }
  if (!tables.contains("benchmark_results") && !tables.contains("eval_results")) {
    return Error{ErrorCode::kProtocol,
                 "is a zip archive without benchmark_results.json or eval_results.json: expected a "
                 "dump of InferenceX's database, one JSON file a table"};
  }
  return tables;
}

Result<std::string> Tables(std::string_view bytes, std::uint64_t most_bytes) {
  RS_ASSIGN_OR_RETURN(const auto tables, FindTables(bytes));
  std::uint64_t promised = 0;
  for (const auto& [table, entry] : tables) promised += entry.plain_bytes;
  if (promised > most_bytes) {
    return Error{ErrorCode::kProtocol,
                 fmt::format("its tables would unpack to {} bytes, more than the {} that are "
                             "allowed: if you trust it, say --most-bytes {}",
                             promised, most_bytes, promised)};
  }
  std::string text;
  for (const std::string_view table : kTables) {
    const auto found = tables.find(table);
    if (found == tables.end()) continue;
    text += fmt::format("{}\"{}\":", text.empty() ? '{' : ',', table);
    const std::size_t begin = text.size();
    RS_RETURN_IF_ERROR(Unzip(bytes, found->second, text));
    constexpr std::string_view kMark = "\xEF\xBB\xBF";  // Some programs begin UTF-8 with it.
    if (std::string_view(text).substr(begin).starts_with(kMark)) text.erase(begin, kMark.size());
    if (!IsList(std::string_view(text).substr(begin))) {
      return Error{ErrorCode::kProtocol,
                   fmt::format("{}.json in it: expected one JSON list of rows", table)};
    }
  }
  text += '}';
  return text;
}

}  // namespace

Result<std::string> DumpOfZip(std::string_view bytes, std::string_view source,
                              std::uint64_t most_bytes) {
  Result<std::string> text = Tables(bytes, most_bytes);
  if (!text) {
    return Error{text.error().code, fmt::format("{}: {}", source, text.error().message)};
  }
  return text;
}

}  // namespace roofscape::ingest
