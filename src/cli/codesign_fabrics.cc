#include "cli/codesign_fabrics.h"

#include <fmt/format.h>

namespace roofscape::cli {
namespace {

using study::FabricRow;
using study::FabricsTable;

std::string TravelText(const FabricsTable& t, const Style& style) {
  std::vector<Column> columns = {{"experts spread over", Align::kLeft, false}};
  for (const double chips : t.spreads) columns.push_back({fmt::format("{:g}", chips)});
  Table table(columns);
  for (const FabricRow& row : t.rows) {
    std::vector<std::string> cells = {row.name};
    for (const auto& seconds : row.travel_s) {
      cells.push_back(seconds ? FormatNumber(*seconds * 1e3) : "-");
    }
    table.AddRow(std::move(cells));
  }
  return table.ToText(style);
}

std::string ValueText(const FabricsTable& t, std::size_t speed, const Style& style) {
  Table table({{"fabric", Align::kLeft, false},
               {"GB/s"},
               {"domain\nchips"},
               {t.spending.name},
               {"laid out", Align::kLeft, false}});
  for (const FabricRow& row : t.rows) {
    for (std::size_t d = 0; d < row.domains.size(); ++d) {
      const auto& served = row.served[d][speed];
      table.AddRow({row.name, fmt::format("{:g}", row.link_gb_s),
                    fmt::format("{:g}", row.domains[d]), served ? FormatNumber(served->value) : "-",
                    served ? served->plan : ""});
    }
  }
  return table.ToText(style);
}

}  // namespace

std::string FabricsText(const FabricsTable& t, const Style& style) {
  const auto wrapped = [&](const std::string& line) { return Wrap(line, style.width, 2) + "\n"; };
  std::string text = t.text.name + "\n";
  if (!t.spending.source.empty()) text += wrapped("Spent: " + t.spending.source + ".");
  text += wrapped(fmt::format("To the experts and back, ms a step of {:g} tokens a chip:",
                              t.text.tokens_per_chip)) +
          TravelText(t, style);
  for (std::size_t s = 0; s < t.text.speeds_tps.size(); ++s) {
    text += "\n" +
            Bold(fmt::format("At {:g} tokens/s for each user", t.text.speeds_tps[s]), style) +
            "\n" + ValueText(t, s, style);
  }
  return text + "\n" +
         wrapped(
             "By rooflines. A chip-second costs the same whatever joins the chips; links of a "
             "torus and a mesh were judged by no rows.");
}

}  // namespace roofscape::cli
