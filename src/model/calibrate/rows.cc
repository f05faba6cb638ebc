#include "model/calibrate/rows.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <map>

namespace roofscape::calibrate {
namespace {

Error BadFile(std::string message) { return Error{ErrorCode::kProtocol, std::move(message)}; }

/// Reads one record from `at`; `line` counts line ends.
Result<std::vector<std::string>> ReadRecord(std::string_view text, std::size_t& at,
                                            std::size_t& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  const std::size_t first_line = line;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') ++line;
    if (quoted) {
      if (c != '"') {
        fields.back() += c;
      } else if (at + 1 < text.size() && text[at + 1] == '"') {
        fields.back() += text[++at];
      } else {
        quoted = false;
      }
    } else if (c == '"' && fields.back().empty()) {
      quoted = true;
    } else if (c == ',') {
      fields.emplace_back();
    } else if (c == '\n') {
      ++at;
      return fields;
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  if (quoted) {
    return BadFile(fmt::format("line {}: a quote is opened and never closed", first_line));
  }
  return fields;
}

std::optional<double> Number(std::string_view text) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

std::optional<double> Positive(std::string_view text) {
  const auto value = Number(text);
  return value && *value > 0.0 ? value : std::nullopt;
}

/// Fields of a record by the name of their column.
class Fields {
 public:
  Fields(const std::map<std::string, std::size_t, std::less<>>& places,
         const std::vector<std::string>& cells)
      : places_(places), cells_(cells) {}

  std::string_view Text(std::string_view column) const {
    const auto found = places_.find(column);
    return found == places_.end() ? std::string_view() : std::string_view(cells_[found->second]);
  }
  std::optional<double> Count(std::string_view column) const { return Positive(Text(column)); }
  std::optional<double> FromMs(std::string_view column) const {
    const auto ms = Positive(Text(column));
    return ms ? std::optional<double>(*ms * 1e-3) : std::nullopt;
  }

 private:
  const std::map<std::string, std::size_t, std::less<>>& places_;
  const std::vector<std::string>& cells_;
};

RowPool PoolOf(const Fields& f, std::string_view role) {
  return {f.Count(fmt::format("{}_num_workers", role)), f.Count(fmt::format("{}_tp", role)),
          f.Count(fmt::format("{}_ep", role)), f.Count(fmt::format("{}_adp", role)),
          f.Count(fmt::format("{}_pp", role))};
}

std::string PoolKey(const RowPool& p) {
  return fmt::format("{}x{}.{}.{}.{}", p.workers.value_or(0), p.tp.value_or(0), p.ep.value_or(0),
                     p.dp.value_or(0), p.pp.value_or(0));
}

/// The reason why the row cannot be predicted, or "".
std::string Fill(const Fields& f, ServingRow& row) {
  const auto text = [&](std::string_view column) { return std::string(f.Text(column)); };
  row.id = text("id");
  row.source = text("source_kind");
  row.config = text("config_id");
  row.date = text("measured_date");
  row.chip = text("hardware");
  row.model = text("model");
  row.engine = text("backend");
  row.version = text("backend_version");
  row.precision = text("precision");
  row.speculative = text("spec_method");
  row.doubt = text("parallelism_flag");
  row.disaggregated = f.Text("mode").starts_with("disagg");
  row.chips = f.Count("n_gpus");
  row.serve = {std::nullopt, f.Count("tp"), f.Count("ep"), f.Count("attention_dp"), f.Count("pp")};
  row.prefill = PoolOf(f, "prefill");
  row.decode = PoolOf(f, "decode");
  row.ttft_s = f.FromMs("mean_ttft_ms");
  row.tpot_s = f.FromMs("mean_tpot_ms");
  row.tput_per_chip = f.Count("measured_tput_per_gpu_if_matched");
  const struct {
    const char* column;
    double& place;
  } needed[] = {{"isl", row.input}, {"osl", row.output}, {"concurrency", row.concurrency}};
  for (const auto& [column, place] : needed) {
    const auto value = f.Count(column);
    if (!value)
      return fmt::format("{} is '{}', and must be a number above 0", column, f.Text(column));
    place = *value;
  }
  row.curve =
      fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", row.chip, row.model, row.engine,
                  row.precision, row.disaggregated, row.input, row.output, row.chips.value_or(0),
                  PoolKey(row.serve), PoolKey(row.prefill), PoolKey(row.decode));
  return {};
}

}  // namespace

Result<Table> ParseCsv(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  Table table;
  std::size_t at = 0;
  std::size_t line = 1;
  while (at < text.size()) {
    const std::size_t first = line;
    RS_ASSIGN_OR_RETURN(std::vector<std::string> fields, ReadRecord(text, at, line));
    if (fields.size() == 1 && fields[0].empty()) continue;  // An empty line.
    if (table.columns.empty()) {
      table.columns = std::move(fields);
    } else if (fields.size() != table.columns.size()) {
      return BadFile(fmt::format("line {}: {} fields, and the header has {}", first, fields.size(),
                                 table.columns.size()));
    } else {
      table.rows.push_back(std::move(fields));
    }
  }
  if (table.columns.empty()) return BadFile("no header: the file is empty");
  return table;
}

std::string CsvLine(const std::vector<std::string>& fields) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += ',';
    if (fields[i].find_first_of(",\"\r\n") == std::string::npos) {
      line += fields[i];
      continue;
    }
    line += '"';
    for (const char c : fields[i]) line += c == '"' ? std::string("\"\"") : std::string(1, c);
    line += '"';
  }
  return line;
}

Result<ServingRows> ParseServingRows(std::string_view csv) {
  ServingRows out;
  RS_ASSIGN_OR_RETURN(out.table, ParseCsv(csv));
  std::map<std::string, std::size_t, std::less<>> places;
  for (std::size_t i = 0; i < out.table.columns.size(); ++i) places[out.table.columns[i]] = i;
  for (const char* needed : {"hardware", "model", "backend", "isl", "osl", "concurrency"}) {
    if (places.contains(needed)) continue;
    return BadFile(
        fmt::format("no column '{}'; a file of serving rows needs hardware, model, backend, "
                    "isl, osl and concurrency (docs/reference/validate.md)",
                    needed));
  }
  for (std::size_t i = 0; i < out.table.rows.size(); ++i) {
    ServingRow row;
    row.index = i;
    std::string reason = Fill(Fields(places, out.table.rows[i]), row);
    if (reason.empty()) {
      out.rows.push_back(std::move(row));
    } else {
      out.bad.push_back({i, std::move(reason)});
    }
  }
  return out;
}

}  // namespace roofscape::calibrate
