#include "domain/spec/workload.h"

#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace roofscape::spec {
namespace {

constexpr std::array<std::pair<PromptForm, std::string_view>, 3> kForms = {{
    {PromptForm::kAuto, "auto"},
    {PromptForm::kTokenIds, "token_ids"},
    {PromptForm::kText, "text"},
}};

Json ToJson(const Length& length) { return {{"tokens", length.tokens}, {"low", length.low}}; }

Length ReadLength(ObjectReader& reader, std::string_view name, std::int64_t least) {
  Length length;
  auto child = reader.Child(name);
  if (!child) return length;
  child->Optional("tokens", length.tokens);
  child->Optional("low", length.low);
  if (length.tokens < least) child->Fail("tokens", fmt::format("must be {} or more", least));
  if (!(length.low >= 0.0 && length.low <= 1.0)) child->Fail("low", "must lie between 0 and 1");
  reader.Merge(*child);
  return length;
}

std::string LengthName(const Length& length) {
  if (length.low == 1.0) return fmt::format("{}", length.tokens);
  return fmt::format("{}*{:g}", length.tokens, length.low);
}

Workload ReadAny(ObjectReader& reader, std::int64_t least_tokens) {
  Workload workload;
  reader.Optional("name", workload.name);
  workload.input = ReadLength(reader, "input", least_tokens);
  workload.output = ReadLength(reader, "output", least_tokens);
  std::string form(Name(workload.prompt_form));
  reader.Optional("prompt_form", form);
  const auto parsed = ParsePromptForm(form);
  if (parsed) {
    workload.prompt_form = *parsed;
  } else {
    reader.Fail("prompt_form", parsed.error().message);
  }
  reader.Optional("ignore_eos", workload.ignore_eos);
  reader.Optional("prompt_cache", workload.prompt_cache);
  return workload;
}

}  // namespace

std::string_view Name(PromptForm form) {
  for (const auto& [value, name] : kForms) {
    if (value == form) return name;
  }
  RS_CHECK(false && "unknown PromptForm");
  return "";
}

Result<PromptForm> ParsePromptForm(std::string_view name) {
  for (const auto& [value, known] : kForms) {
    if (known == name) return value;
  }
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("prompt form '{}' is unknown: use auto, token_ids or text", name)};
}

std::string ShapeName(const Workload& workload) {
  return LengthName(workload.input) + "/" + LengthName(workload.output);
}

Json ToJson(const Workload& workload) {
  return {{"name", workload.name},
          {"input", ToJson(workload.input)},
          {"output", ToJson(workload.output)},
          {"prompt_form", Name(workload.prompt_form)},
          {"ignore_eos", workload.ignore_eos},
          {"prompt_cache", workload.prompt_cache}};
}

Workload ReadWorkload(ObjectReader& reader) { return ReadAny(reader, 1); }

Workload ReadPublishedWorkload(ObjectReader& reader) { return ReadAny(reader, 0); }

}  // namespace roofscape::spec
