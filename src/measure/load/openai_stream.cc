#include "measure/load/openai_stream.h"

#include <cstring>
#include <vector>

#include <simdjson.h>
#include <nlohmann/json.hpp>

#include "base/core/json.h"
#include "base/core/text.h"

namespace roofscape::load {
namespace {

namespace ondemand = simdjson::ondemand;
using spec::EventKind;

/// The fields of one choice that decide the kind of the event.
struct Choice {
  bool role = false;
  bool finish = false;
  bool tool_call = false;
  std::int64_t token_ids = 0;
  std::string_view answer;
  std::string_view reasoning;
};

std::string_view StringOrEmpty(ondemand::value value) {
  std::string_view text;
  // null and other types count as absent.
  if (value.get_string().get(text) != simdjson::SUCCESS) return {};
  return text;
}

std::int64_t CountOrUnknown(ondemand::value value) {
  std::int64_t count = 0;
  return value.get_int64().get(count) == simdjson::SUCCESS ? count : spec::kUnknown;
}

/// is_null() of simdjson fails on a value that only begins like null.
bool IsNull(ondemand::value value) {
  bool null = false;
  return value.is_null().get(null) == simdjson::SUCCESS && null;
}

std::int64_t CountItems(ondemand::value value) {
  ondemand::array items;
  std::size_t count = 0;
  if (value.get_array().get(items) != simdjson::SUCCESS) return 0;
  if (items.count_elements().get(count) != simdjson::SUCCESS) return 0;
  return static_cast<std::int64_t>(count);
}

void ReadDelta(ondemand::object delta, Choice& choice) {
  for (auto field : delta) {
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return;
    ondemand::value value;
    if (field.value().get(value) != simdjson::SUCCESS) return;
    if (key == "content") {
      choice.answer = StringOrEmpty(value);
    } else if (key == "role") {
      choice.role = !IsNull(value);
    } else if (key == "reasoning_content" || key == "reasoning") {
      const std::string_view text = StringOrEmpty(value);
      if (!text.empty()) choice.reasoning = text;
    } else if (key == "tool_calls") {
      choice.tool_call = CountItems(value) > 0;
    } else if (key == "refusal" && choice.answer.empty()) {
      choice.answer = StringOrEmpty(value);
    }
  }
}

void ReadChoice(ondemand::object object, Choice& choice) {
  for (auto field : object) {
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return;
    ondemand::value value;
    if (field.value().get(value) != simdjson::SUCCESS) return;
    if (key == "delta") {
      ondemand::object delta;
      if (value.get_object().get(delta) == simdjson::SUCCESS) ReadDelta(delta, choice);
    } else if (key == "text") {
      choice.answer = StringOrEmpty(value);
    } else if (key == "finish_reason") {
      choice.finish = !IsNull(value);
    } else if (key == "token_ids") {
      choice.token_ids = CountItems(value);
    }
  }
}

Usage ReadUsage(ondemand::object object) {
  Usage usage;
  for (auto field : object) {
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) break;
    ondemand::value value;
    if (field.value().get(value) != simdjson::SUCCESS) break;
    if (key == "prompt_tokens") {
      usage.prompt_tokens = CountOrUnknown(value);
    } else if (key == "completion_tokens") {
      usage.completion_tokens = CountOrUnknown(value);
    } else if (key == "prompt_tokens_details") {
      ondemand::object details;
      ondemand::value cached;
      if (value.get_object().get(details) != simdjson::SUCCESS) continue;
      if (details["cached_tokens"].get(cached) == simdjson::SUCCESS) {
        usage.cached_tokens = CountOrUnknown(cached);
      }
    }
  }
  return usage;
}

EventKind KindOf(const Choice& choice) {
  if (choice.tool_call) return EventKind::kToolCall;
  if (!choice.answer.empty()) return EventKind::kAnswer;
  if (!choice.reasoning.empty()) return EventKind::kReasoning;
  if (choice.token_ids > 0) return EventKind::kAnswer;
  if (choice.finish) return EventKind::kFinish;
  if (choice.role) return EventKind::kRole;
  // Neither text nor role nor finish: a token whose text the server still holds back.
  return EventKind::kAnswer;
}

std::string_view MessageOf(ondemand::value value) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) return text;
  ondemand::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return {};
  return object["message"].get_string().get(text) == simdjson::SUCCESS ? text : std::string_view{};
}

}  // namespace

struct StreamReader::Scratch {
  ondemand::parser parser;
  std::vector<char> padded;

  simdjson::padded_string_view Pad(std::string_view payload) {
    const std::size_t needed = payload.size() + simdjson::SIMDJSON_PADDING;
    if (padded.size() < needed) padded.resize(2 * needed);
    std::memcpy(padded.data(), payload.data(), payload.size());
    return simdjson::padded_string_view(padded.data(), payload.size(), padded.size());
  }
};

StreamReader::StreamReader() : scratch_(std::make_unique<Scratch>()) {}
StreamReader::~StreamReader() = default;

namespace {

/// The fields of a payload's root object.
struct Root {
  bool has_choices = false;
  bool has_choice = false;
  bool has_error = false;
  Choice choice;
  Usage usage;
  std::string_view message;
};

void ReadChoices(ondemand::value value, bool& has_choice, Choice& choice) {
  ondemand::array choices;
  if (value.get_array().get(choices) != simdjson::SUCCESS) return;
  for (auto item : choices) {
    ondemand::object object;
    if (item.get_object().get(object) != simdjson::SUCCESS) return;
    has_choice = true;
    ReadChoice(object, choice);
  }
}

StreamEvent Malformed(std::string_view message) {
  StreamEvent event;
  event.kind = EventKind::kError;
  event.malformed = true;
  event.message = message;
  return event;
}

/// False when the object is not valid JSON.
bool ReadRoot(ondemand::object object, Root& root) {
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS) {
      return false;
    }
    if (key == "choices") {
      root.has_choices = true;
      ReadChoices(value, root.has_choice, root.choice);
    } else if (key == "usage") {
      ondemand::object usage;
      if (value.get_object().get(usage) == simdjson::SUCCESS) root.usage = ReadUsage(usage);
    } else if (key == "error" && !IsNull(value)) {
      root.has_error = true;
      if (const auto message = MessageOf(value); !message.empty()) root.message = message;
    } else if (key == "message" && root.message.empty()) {
      root.message = MessageOf(value);
    }
  }
  return true;
}

}  // namespace

StreamEvent StreamReader::Read(std::string_view payload, std::string_view event_type) {
  ondemand::document document;
  ondemand::object object;
  Root root;
  root.has_error = event_type == "error";
  const auto padded = scratch_->Pad(payload);
  const bool parsed = scratch_->parser.iterate(padded).get(document) == simdjson::SUCCESS &&
                      document.get_object().get(object) == simdjson::SUCCESS &&
                      ReadRoot(object, root);
  if (!parsed && !root.has_error) return Malformed(payload);
  StreamEvent event;
  if (root.has_error) {
    event.kind = EventKind::kError;
    event.message = root.message.empty() ? payload : root.message;
    return event;
  }
  if (!root.has_choices && !root.usage.known()) {
    event.kind = EventKind::kComment;  // A ping, or something of a dialect we do not know.
    return event;
  }
  event.kind = root.has_choice ? KindOf(root.choice) : EventKind::kUsage;
  event.finish = root.choice.finish;
  event.token_ids = root.choice.token_ids;
  event.text = event.kind == EventKind::kReasoning ? root.choice.reasoning : root.choice.answer;
  event.usage = root.usage;
  return event;
}

std::string ErrorText(std::string_view body) {
  constexpr std::size_t kQuoted = 300;
  if (Trim(body).empty()) return "(empty body)";
  if (body.find("<html") != body.npos || body.find("<!DOCTYPE") != body.npos ||
      body.find("<HTML") != body.npos) {
    return "an HTML page, so this URL is a website or a proxy, not an API: " +
           Printable(Trim(body), 80);
  }
  const Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  for (const char* pointer : {"/error/message", "/message", "/detail", "/error"}) {
    const Json::json_pointer at(pointer);
    if (!json.is_object() || !json.contains(at)) continue;
    const Json& found = json[at];
    return Printable(found.is_string() ? found.get<std::string>() : found.dump(), kQuoted);
  }
  return Printable(Trim(body), kQuoted);
}

}  // namespace roofscape::load
