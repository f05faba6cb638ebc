#include "service/api/bench_request.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/core/document.h"
#include "base/core/text.h"
#include "base/net/url.h"
#include "domain/spec/plan.h"
#include "service/api/params.h"

namespace roofscape::api {
namespace {

constexpr std::size_t kMaxText = 200;
constexpr std::size_t kMaxPoints = 32;
constexpr std::int64_t kMaxConcurrency = 10'000;
constexpr double kMaxRate = 10'000;
constexpr std::int64_t kMaxTokens = 1'000'000;
constexpr std::int64_t kMaxChips = 10'000'000;
constexpr std::int64_t kMaxRequests = 10'000;
constexpr double kMaxSeconds = 24 * 3600;

/// Whether a host of a URL is this machine, whoever's names one asks.
bool IsThisMachine(std::string_view host) {
  if (host == "localhost" || host == "::1" || host == "[::1]") return true;
  if (!host.starts_with("127.")) return false;
  // "127.evil.example" is a name, not an address.
  return std::all_of(host.begin(), host.end(),
                     [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

void CheckUrl(ObjectReader& reader, std::string& text) {
  const auto url = net::ParseUrl(text);
  if (!url) return reader.Fail("url", url.error().message);
  if (!IsThisMachine(url->host)) {
    return reader.Fail("url",
                       "is no address of this machine: from here only those are measured, as "
                       "http://127.0.0.1:8000. For others run roofscape bench");
  }
  if (url->path.find('?') != std::string::npos) {
    return reader.Fail("url", "its query ('?...') cannot be sent: leave it away");
  }
  text = url->Origin() + (url->path == "/" ? "" : url->path);
}

void CheckText(ObjectReader& reader, std::string_view name, const std::string& text) {
  if (text.size() > kMaxText || !IsCleanText(text)) {
    reader.Fail(name, fmt::format("must be at most {} bytes of text, without control characters",
                                  kMaxText));
  }
}

template <class Number>
void CheckRange(ObjectReader& reader, std::string_view name, const std::optional<Number>& number,
                Number least, Number most) {
  // Written so that "nan" does not pass.
  if (number && !(*number >= least && *number <= most)) {
    reader.Fail(name, fmt::format("must be from {} to {}", least, most));
  }
}

template <class Number>
void CheckList(ObjectReader& reader, std::string_view name, const std::vector<Number>& numbers,
               Number least, Number most) {
  if (numbers.size() > kMaxPoints) {
    reader.Fail(name, fmt::format("has {} loads: at most {} a run", numbers.size(), kMaxPoints));
  }
  for (const Number number : numbers) {
    CheckRange(reader, name, std::optional(number), least, most);
  }
}

void Check(ObjectReader& reader, BenchRequest& r) {
  CheckUrl(reader, r.url);
  if (const auto api = spec::ParseApi(r.api); !api) reader.Fail("api", api.error().message);
  CheckText(reader, "model", r.model);
  CheckText(reader, "chip", r.chip);
  CheckRange(reader, "chips", r.chips, std::int64_t{1}, kMaxChips);
  if (r.concurrency.empty() == r.rate_rps.empty()) {
    reader.Fail("concurrency", "give either users at once here, or rate_rps, and not both");
  }
  CheckList(reader, "concurrency", r.concurrency, std::int64_t{1}, kMaxConcurrency);
  CheckList(reader, "rate_rps", r.rate_rps, 0.001, kMaxRate);
  CheckRange(reader, "input_tokens", std::optional(r.input_tokens), std::int64_t{1}, kMaxTokens);
  CheckRange(reader, "output_tokens", std::optional(r.output_tokens), std::int64_t{1}, kMaxTokens);
  CheckRange(reader, "requests_per_slot", r.requests_per_slot, std::int64_t{1}, kMaxRequests);
  CheckRange(reader, "duration_s", r.duration_s, 1.0, kMaxSeconds);
  if (r.requests_per_slot && (r.duration_s || !r.rate_rps.empty())) {
    reader.Fail("requests_per_slot",
                "says when a point of users at once ends: leave it away with duration_s or "
                "rate_rps");
  }
}

}  // namespace

Result<BenchRequest> ReadBenchRequest(std::string_view body) {
  RS_ASSIGN_OR_RETURN(const Document document, ParseJson(body, "body"));
  ObjectReader reader(document);
  BenchRequest r;
  r.api = "chat";
  reader.Required("url", r.url);
  reader.Optional("api", r.api);
  reader.Optional("model", r.model);
  reader.Optional("chip", r.chip);
  reader.Optional("chips", r.chips);
  reader.Optional("concurrency", r.concurrency);
  reader.Optional("rate_rps", r.rate_rps);
  reader.Optional("input_tokens", r.input_tokens);
  reader.Optional("output_tokens", r.output_tokens);
  reader.Optional("requests_per_slot", r.requests_per_slot);
  reader.Optional("duration_s", r.duration_s);
  Check(reader, r);
  RS_RETURN_IF_ERROR(reader.Finish());
  return r;
}

Json ToJson(const BenchRequest& r) {
  const auto text = [](const std::string& value) {
    return value.empty() ? Json(nullptr) : Json(value);
  };
  const auto number = [](const auto& value) { return value ? Json(*value) : Json(nullptr); };
  return {{"url", r.url},
          {"api", r.api},
          {"model", text(r.model)},
          {"chip", text(r.chip)},
          {"chips", number(r.chips)},
          {"concurrency", r.concurrency},
          {"rate_rps", r.rate_rps},
          {"input_tokens", r.input_tokens},
          {"output_tokens", r.output_tokens},
          {"requests_per_slot", number(r.requests_per_slot)},
          {"duration_s", number(r.duration_s)}};
}

std::vector<std::string> ArgumentsOf(const BenchRequest& r) {
  std::vector<std::string> words = {"bench", r.url, "--api=" + r.api};
  const auto add = [&](std::string_view flag, const std::string& value) {
    if (!value.empty()) words.push_back(fmt::format("{}={}", flag, value));
  };
  add("--model", r.model);
  add("--chip", r.chip);
  add("--chips", r.chips ? std::to_string(*r.chips) : "");
  add("--concurrency", fmt::format("{}", fmt::join(r.concurrency, ",")));
  add("--rate", fmt::format("{}", fmt::join(r.rate_rps, ",")));
  add("--input-tokens", std::to_string(r.input_tokens));
  add("--output-tokens", std::to_string(r.output_tokens));
  add("--requests-per-slot", r.requests_per_slot ? std::to_string(*r.requests_per_slot) : "");
  add("--duration", r.duration_s ? fmt::format("{}", *r.duration_s) : "");
  return words;
}

}  // namespace roofscape::api
