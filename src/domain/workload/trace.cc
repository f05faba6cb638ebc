#include "domain/workload/trace.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/json.h"
#include "base/core/text.h"

namespace roofscape::workload {
namespace {

// A trace of more is no trace of requests: sums of lengths stay whole numbers.
constexpr std::int64_t kMostTokens = 100'000'000;

Error LineError(std::size_t line, std::string_view why) {
  return {ErrorCode::kProtocol, fmt::format("trace: line {}: {}", line, why)};
}

template <class Number>
std::optional<Number> NumberOf(std::string_view text) {
  text = Trim(text);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Seconds since a fixed day of "2023-11-16 18:15:46.6805900": days by the civil calendar.
std::optional<double> SecondsOf(std::string_view stamp) {
  stamp = Trim(stamp);
  // Azure's files of 2024 have an offset, the same in all lines.
  stamp = stamp.substr(0, std::min(stamp.find('+'), stamp.size()));
  constexpr std::size_t kShortest = 19;
  if (stamp.size() < kShortest || stamp[4] != '-' || stamp[7] != '-' || stamp[13] != ':') {
    return std::nullopt;
  }
  const auto year = NumberOf<int>(stamp.substr(0, 4));
  const auto month = NumberOf<unsigned>(stamp.substr(5, 2));
  const auto day = NumberOf<unsigned>(stamp.substr(8, 2));
  const auto hour = NumberOf<int>(stamp.substr(11, 2));
  const auto minute = NumberOf<int>(stamp.substr(14, 2));
  const auto second = NumberOf<double>(stamp.substr(17));
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok() || !(*second >= 0.0 && *second < 61.0)) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return (static_cast<double>(days - 19'000) * 24.0 + *hour) * 3600.0 + *minute * 60.0 + *second;
}

struct Row {
  double at_s = 0.0;
  std::int64_t input = 0;
  std::int64_t output = 0;
};

Result<> AddRow(const Row& row, std::size_t line, Trace& trace) {
  if (!std::isfinite(row.at_s) || std::fabs(row.at_s) > 1e9) {
    return LineError(line, "its time is no number of seconds within thirty years");
  }
  if (row.input < 1 || row.input > kMostTokens || row.output < 0 || row.output > kMostTokens) {
    return LineError(line, fmt::format("lengths of {} and {} tokens: a prompt has 1 to {}, an "
                                       "answer 0 to as many",
                                       row.input, row.output, kMostTokens));
  }
  TraceRequest request;
  request.at = Nanos(std::llround(row.at_s * 1e9));
  request.input_tokens = row.input;
  request.output_tokens = std::max<std::int64_t>(row.output, 1);
  request.first_hash = trace.hashes.size();
  trace.requests.push_back(request);
  return {};
}

/// Where a CSV file has what; Azure's order without a header.
struct Columns {
  std::size_t at = 0;
  std::size_t input = 1;
  std::size_t output = 2;
  std::size_t count = 3;
  bool in_seconds = false;  // BurstGPT's times.
};

/// BurstGPT's columns by their names: newer files have more of them.
std::optional<Columns> BurstColumns(const std::vector<std::string>& header) {
  const auto place = [&header](std::string_view name) {
    const auto at = std::find_if(header.begin(), header.end(),
                                 [name](const std::string& field) { return Trim(field) == name; });
    return static_cast<std::size_t>(at - header.begin());
  };
  const Columns c = {place("Timestamp"), place("Request tokens"), place("Response tokens"),
                     header.size(), true};
  if (std::max({c.at, c.input, c.output}) >= c.count) return std::nullopt;
  return c;
}

Result<> AddCsvLine(std::string_view text, std::size_t line, Columns& columns, Trace& trace) {
  const std::vector<std::string> fields = Split(text, ',');
  if (line == 1) {
    if (const auto burst = BurstColumns(fields)) {
      columns = *burst;
      return {};
    }
    if (fields[0].find("TIMESTAMP") != std::string::npos) return {};
  }
  if (fields.size() != columns.count) {
    return LineError(line, columns.in_seconds
                               ? "has not as many fields as the header"
                               : "has not three fields, as Azure's trace has, and the file has no "
                                 "header of BurstGPT's");
  }
  const std::string& stamp = fields[columns.at];
  const auto at = columns.in_seconds ? NumberOf<double>(stamp) : SecondsOf(stamp);
  const auto input = NumberOf<std::int64_t>(fields[columns.input]);
  const auto output = NumberOf<std::int64_t>(fields[columns.output]);
  if (!at) {
    return LineError(line, columns.in_seconds ? "its time is no number of seconds"
                                              : "its time is not as 2023-11-16 18:15:46.6805900");
  }
  if (!input || !output) return LineError(line, "its token counts are no whole numbers");
  return AddRow({*at, *input, *output}, line, trace);
}

std::optional<std::int64_t> Whole(const Json& object, const char* name) {
  const auto field = object.find(name);
  if (field == object.end() || !field->is_number_integer()) return std::nullopt;
  if (field->is_number_unsigned() && field->get<std::uint64_t>() >> 62 != 0) return std::nullopt;
  return field->get<std::int64_t>();
}

Result<> AddJsonLine(std::string_view text, std::size_t line, Trace& trace) {
  const Json row = Json::parse(text.begin(), text.end(), nullptr, false);
  if (!row.is_object()) return LineError(line, "is no JSON object");
  const auto at = row.find("timestamp");
  const auto input = Whole(row, "input_length");
  const auto output = Whole(row, "output_length");
  if (at == row.end() || !at->is_number() || !input || !output) {
    return LineError(line, "timestamp, input_length and output_length must be numbers");
  }
  RS_RETURN_IF_ERROR(AddRow({at->get<double>() * 1e-3, *input, *output}, line, trace));
  const auto hashes = row.find("hash_ids");
  if (hashes == row.end() || hashes->is_null()) return {};
  if (!hashes->is_array()) return LineError(line, "hash_ids must be an array of whole numbers");
  // The last id may be of a piece that is no whole chunk: nobody can share it.
  const auto whole = static_cast<std::size_t>(*input / trace.chunk_tokens);
  for (const Json& hash : *hashes) {
    if (!hash.is_number_unsigned()) {
      return LineError(line, "hash_ids must be whole numbers, 0 and more");
    }
    if (trace.requests.back().hash_count == whole) break;
    trace.hashes.push_back(hash.get<std::uint64_t>() + 1);
    if (trace.hashes.back() == 0) return LineError(line, "a hash of 2^64 - 1 stands for none");
    ++trace.requests.back().hash_count;
  }
  return {};
}

/// Requests of one time stay as the file has them. (std::stable_sort frees memory in another way
/// than tests that count allocations can follow.)
void SortByTime(std::vector<TraceRequest>& requests) {
  std::vector<std::size_t> order(requests.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(requests[a].at, a) < std::pair(requests[b].at, b);
  });
  std::vector<TraceRequest> sorted;
  sorted.reserve(requests.size());
  for (const std::size_t i : order) sorted.push_back(requests[i]);
  requests = std::move(sorted);
}

}  // namespace

Result<Trace> ParseTrace(std::string_view text) {
  if (text.starts_with("\x1f\x8b")) {
    return Error{ErrorCode::kProtocol, "trace: is packed with gzip: unpack it first (gunzip -k)"};
  }
  Trace trace;
  const bool json = Trim(text.substr(0, 64)).starts_with('{');
  Columns columns;
  std::size_t line = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view row = Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line;
    if (row.empty()) continue;
    RS_RETURN_IF_ERROR(json ? AddJsonLine(row, line, trace)
                            : AddCsvLine(row, line, columns, trace));
  }
  if (trace.requests.empty()) {
    return Error{
        ErrorCode::kProtocol,
        "trace: holds no request: give a CSV file of Azure's or BurstGPT's, or JSON lines of "
        "Mooncake's"};
  }
  SortByTime(trace.requests);
  const Nanos first = trace.requests.front().at;
  for (TraceRequest& r : trace.requests) r.at -= first;
  return trace;
}

}  // namespace roofscape::workload
