// How to measure it again, on what it was measured, and what each word means.

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "results/report/bench_command.h"
#include "results/report/definitions.h"
#include "results/report/numbers.h"
#include "results/report/page.h"

namespace roofscape::report {
namespace {

using Facts = std::map<std::string, std::string>;

std::string PlainRow(const std::string& name, const std::string& value) {
  return fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>", HtmlEscape(name),
                     HtmlEscape(value));
}

/// "memory_bytes", "8325365760" -> "memory", "7.75 GiB"; other facts with blanks for underscores.
std::pair<std::string, std::string> Readable(std::string name, std::string value) {
  constexpr std::string_view kBytes = "_bytes";
  if (name.size() > kBytes.size() && name.ends_with(kBytes)) {
    name.resize(name.size() - kBytes.size());
    const double bytes = std::strtod(value.c_str(), nullptr);
    if (bytes > 0) value = Number(bytes / (1024.0 * 1024 * 1024)) + " GiB";
  }
  std::replace(name.begin(), name.end(), '_', ' ');
  return {name, value};
}

/// One table of facts; where runs differ, all their values.
std::string FactTable(const std::string& title, const std::vector<Facts>& all) {
  std::vector<std::string> names;
  for (const Facts& facts : all) {
    for (const auto& [name, value] : facts) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  if (names.empty()) return {};
  std::string out = fmt::format("<h3>{}</h3><table class=\"plain\"><tbody>", title);
  for (const std::string& name : names) {
    std::vector<std::string> values;
    for (const Facts& facts : all) {
      const auto found = facts.find(name);
      if (found != facts.end()) values.push_back(Readable(name, found->second).second);
    }
    out += PlainRow(Readable(name, "").first, Distinct(values));
  }
  return out + "</tbody></table>\n";
}

std::string RunLength(const spec::RunResult& run) {
  if (!run.ended) return "did not end: it was killed";
  const double seconds = static_cast<double>(run.ended->unix_us - run.started.unix_us) * 1e-6;
  const std::string length =
      seconds < 120 ? fmt::format("{:.0f} s", seconds) : fmt::format("{:.1f} min", seconds / 60);
  return length + (run.status == spec::RunStatus::kComplete ? "" : ", stopped before its end");
}

std::string RunSettings(const spec::RunResult& run) {
  const spec::Plan& plan = run.plan;
  std::string out = fmt::format("<h3>{}</h3>", HtmlEscape(spec::ShapeName(plan.workload)));
  const std::string command = BenchCommand(plan);
  out += "<pre>" + HtmlEscape(command) + "</pre>";
  if (command.find(" --deployment ") != std::string::npos) {
    out +=
        "<p class=\"note\">deployment.json: the \u201cdeployment\u201d object of the plan "
        "below.</p>";
  }
  out += "<table class=\"plain\"><tbody>";
  out += PlainRow("run", run.id);
  out += PlainRow("started", Minute(run.started) + ", took " + RunLength(run));
  out += PlainRow("seed", fmt::format("{}", plan.seed));
  out += PlainRow("prompts", plan.workload.prompt_cache
                                 ? "the server's prompt cache was allowed to answer"
                                 : "each differs from its first token on; the server was asked not "
                                   "to use its prompt cache");
  for (const auto& [name, value] : plan.deployment.engine_settings) {
    out += PlainRow("engine " + name, value);
  }
  out += "</tbody></table>";
  // A server may have told us text that is not UTF-8: replaced, never thrown over.
  const std::string json = spec::ToJson(plan).dump(2, ' ', false, Json::error_handler_t::replace);
  return out + "<details><summary>The whole plan as JSON</summary><pre>" + HtmlEscape(json) +
         "</pre></details>\n";
}

}  // namespace

std::string SettingsSection(const Page& page) {
  std::string out =
      "<section id=\"settings\"><h2>Measure it again</h2><p class=\"lead\">The exact commands. The "
      "seed fixes every prompt and every length.</p>";
  std::vector<Facts> hosts;
  std::vector<Facts> engines;
  for (const spec::RunResult& run : page.input->runs) {
    out += RunSettings(run);
    hosts.push_back(run.host);
    engines.push_back(run.engine);
  }
  return out + FactTable("What the server said of itself", engines) +
         FactTable("The machine that measured", hosts) + "</section>\n";
}

std::string DefinitionSection(const Page& page) {
  std::string out =
      "<section id=\"definitions\"><h2>What the words mean</h2><div class=\"scroll\">"
      "<table class=\"plain\"><tbody>";
  for (const Definition& d : Definitions()) {
    out += PlainRow(std::string(d.term), std::string(d.meaning));
  }
  out += "</tbody></table></div></section>\n";
  std::vector<std::string> versions;
  for (const spec::RunResult& run : page.input->runs) versions.push_back(run.version);
  return out +
         fmt::format(
             "</main><footer><p>Measured with Roofscape {}, report made with {} on {}. Times are "
             "monotonic nanoseconds of the client. Every request and every event of its answer is "
             "recorded, and each number here is computed from that record. A missing number is an "
             "en dash, never a zero.</p></footer>\n",
             HtmlEscape(Distinct(versions)), HtmlEscape(page.input->version),
             Minute(page.input->generated));
}

}  // namespace roofscape::report
