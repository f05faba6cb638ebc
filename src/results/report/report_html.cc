#include "results/report/report_html.h"

#include <fmt/format.h>

#include "base/core/text.h"
#include "results/report/page.h"
#include "results/report/page_style.h"

namespace roofscape::report {
namespace {

/// The text of the first <h1>, already escaped: the tab's title says the same.
std::string TitleOf(const std::string& header) {
  const std::size_t begin = header.find("<h1>") + 4;
  return header.substr(begin, header.find("</h1>") - begin);
}

}  // namespace

std::string RenderReport(const ReportInput& input) {
  const Page page = MakePage(input);
  const std::string header = HeaderSection(page);
  // The policy makes "no network" a promise that the browser keeps.
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"generator\" content=\"Roofscape {}\">\n<title>{}</title>\n<style>{}</style>\n"
      "</head>\n<body>\n<main>\n",
      HtmlEscape(input.version), TitleOf(header), kPageStyle);
  out += header + ThroughputSection(page) + LatencySection(page) + TableSection(page) +
         RepeatsSection(page) + ChecksSection(page) + DistributionSection(page) +
         SettingsSection(page) + DefinitionSection(page);
  return out + fmt::format("<script>{}</script>\n</body>\n</html>\n", kPageScript);
}

}  // namespace roofscape::report
