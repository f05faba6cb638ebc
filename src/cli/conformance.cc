#include "cli/conformance.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/net/url.h"
#include "cli/command.h"

namespace roofscape::cli {
namespace {

std::string FactOr(const load::Conformance& conformance, const std::string& name,
                   const std::string& otherwise) {
  const auto found = conformance.dialect.facts.find(name);
  return found == conformance.dialect.facts.end() ? otherwise : found->second;
}

}  // namespace

std::string ConformanceText(const load::Conformance& conformance, const std::string& url,
                            const Style& style) {
  std::string text = fmt::format("{} at {}, model {}, API {}\n\n",
                                 FactOr(conformance, "name", "unknown server") +
                                     (" " + FactOr(conformance, "version", "of unknown version")),
                                 url, FactOr(conformance, "model", "-"), conformance.api);
  for (const load::Promise& promise : conformance.promises) {
    const std::string name = fmt::format("{:<23}{:<9}", promise.name, Name(promise.standing));
    const std::string seen =
        WithoutControls(promise.seen) + (promise.then.empty() ? "" : ". Then: " + promise.then);
    text += WrapUnder(name, seen, style.width) + "\n";
  }
  text += "\n" +
          Wrap("bench asks it for: " + load::RequestForm(conformance.dialect), style.width, 2) +
          "\n";
  for (const std::string& note : conformance.dialect.notes) {
    text += Wrap("note: " + WithoutControls(note), style.width, 2) + "\n";
  }
  return text;
}

int ShowConformance(const spec::Plan& plan, const load::Headers& headers, bool json,
                    const std::atomic<bool>& stop, const Clock& clock) {
  const auto url = net::ParseUrl(plan.target.url);
  if (!url) return Report(url.error());
  const auto conformance = load::CheckConformance(plan, *url, headers, clock, &stop);
  if (!conformance) return Report(conformance.error());
  if (json) {
    fmt::print("{}\n",
               load::ToJson(*conformance).dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    fmt::print("{}", ConformanceText(*conformance, plan.target.url, StyleOf(stdout)));
  }
  return kDone;
}

}  // namespace roofscape::cli
