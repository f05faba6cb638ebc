// Plans and deployments come from files of users: any text is refused with a message that names the
// source, or gives a plan whose JSON reads back as the same plan.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/core/check.h"
#include "base/core/document.h"
#include "domain/spec/plan.h"

namespace {

using namespace roofscape;

void Check(const Result<Document>& document) {
  if (!document) {
    RS_CHECK(document.error().message.starts_with("input: "));
    return;
  }
  const Result<spec::Plan> plan = spec::PlanFromDocument(*document);
  if (!plan) {
    RS_CHECK(!plan.error().message.empty());
    return;
  }
  const Result<spec::Plan> again = spec::PlanFromDocument(Document(spec::ToJson(*plan), "again"));
  RS_CHECK(again && *again == *plan);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Check(ParseJson(text, "input"));
  Check(ParseToml(text, "input"));
  return 0;
}
