#include "service/twin/routes.h"

#include <array>

namespace roofscape::twin {
namespace {

struct Entry {
  std::string_view path;
  Route route;
};

// The first that the dialect speaks counts: TGI's /generate is not SGLang's.
constexpr std::array<Entry, 10> kRoutes = {{
    {"/v1/completions", {Api::kCompletions, std::nullopt}},
    {"/v1/chat/completions", {Api::kChat, std::nullopt}},
    {"/v1/responses", {Api::kResponses, std::nullopt}},
    {"/v1/messages", {Api::kMessages, std::nullopt}},
    {"/generate", {Api::kSglang, std::nullopt}},
    {"/generate_stream", {Api::kTgi, true}},
    {"/generate", {Api::kTgi, false}},
    {"/", {Api::kTgi, std::nullopt}},
    {"/completion", {Api::kLlamaCpp, std::nullopt}},
    {"/completions", {Api::kLlamaCpp, std::nullopt}},
}};

}  // namespace

std::optional<Route> FindRoute(const Dialect& dialect, std::string_view method,
                               std::string_view path) {
  if (method != "POST") return std::nullopt;
  for (const Entry& entry : kRoutes) {
    if (entry.path == path && dialect.Speaks(entry.route.api)) return entry.route;
  }
  return std::nullopt;
}

}  // namespace roofscape::twin
