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

/// A text and where it stands in the payload, behind its quote.
struct Text {
  std::string_view view;
  std::size_t at = 0;

  bool empty() const { return view.empty(); }
};

/// What all choices of the payload together say; one choice is the usual case.
struct Choice {
  bool role = false;
  bool finish = false;
  std::int64_t tool_calls = 0;
  std::int64_t token_ids = 0;
  Text answer;
  Text reasoning;
};

/// Whether reading can go on: a value of another type than expected counts as absent, but where
/// the structure is broken the library's further answers mean nothing.
bool Sound(simdjson::error_code error) {
  return error == simdjson::SUCCESS || error == simdjson::INCORRECT_TYPE ||
         error == simdjson::NO_SUCH_FIELD;
}

/// Reads the fields of one payload and notes where they stood. Functions that return bool say
/// whether the JSON was sound so far; if not, nothing more may be read.
struct FieldReader {
  const char* base;  // Where the payload begins, as the library sees it.
  FieldPlaces places;

  std::size_t PlaceOf(ondemand::value& value) const {
    return static_cast<std::size_t>(value.raw_json_token().data() - base);
  }
  /// Replaces `text` unless there is none: null and other types count as absent.
  void TakeText(ondemand::value value, Text& text) const;
  void TakeCount(ondemand::value value, std::int64_t& count, std::size_t& place) const;
  bool TakeTokenIds(ondemand::value value, Choice& choice);
  bool ReadDelta(ondemand::object delta, Choice& choice) const;
  bool ReadChoice(ondemand::object object, Choice& choice);
  bool ReadChoices(ondemand::value value, bool& has_choice, Choice& choice);
  bool ReadUsage(ondemand::object object, Usage& usage);
};

void FieldReader::TakeText(ondemand::value value, Text& text) const {
  const std::size_t at = PlaceOf(value) + 1;
  std::string_view view;
  if (value.get_string().get(view) == simdjson::SUCCESS && !view.empty()) text = {view, at};
}

void FieldReader::TakeCount(ondemand::value value, std::int64_t& count, std::size_t& place) const {
  place = PlaceOf(value);
  if (value.get_int64().get(count) == simdjson::SUCCESS) return;
  count = spec::kUnknown;
  place = 0;
}

/// is_null() of simdjson fails on a value that only begins like null.
bool IsNull(ondemand::value value) {
  bool null = false;
  return value.is_null().get(null) == simdjson::SUCCESS && null;
}

/// Adds the number of items of a list to `count`. Returns whether the JSON was sound.
bool AddItems(ondemand::value value, std::int64_t& count) {
  ondemand::array items;
  std::size_t number = 0;
  if (const auto error = value.get_array().get(items); error != simdjson::SUCCESS) {
    return Sound(error);
  }
  if (items.count_elements().get(number) != simdjson::SUCCESS) return false;
  count += static_cast<std::int64_t>(number);
  return true;
}

/// Calls `take(key, value)` for each field until it says that the JSON is broken.
template <class Take>
bool ForEachField(ondemand::object object, Take take) {
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS || !take(key, value)) {
      return false;
    }
  }
  return true;
}

bool FieldReader::TakeTokenIds(ondemand::value value, Choice& choice) {
  places.token_ids = PlaceOf(value) + 1;
  ++places.token_id_lists;
  return AddItems(value, choice.token_ids);
}

bool FieldReader::ReadDelta(ondemand::object delta, Choice& choice) const {
  return ForEachField(delta, [&](std::string_view key, ondemand::value value) {
    if (key == "content") {
      TakeText(value, choice.answer);
    } else if (key == "role") {
      choice.role = !IsNull(value) || choice.role;
    } else if (key == "reasoning_content" || key == "reasoning") {
      TakeText(value, choice.reasoning);
    } else if (key == "tool_calls") {
      return AddItems(value, choice.tool_calls);
    } else if (key == "refusal" && choice.answer.empty()) {
      TakeText(value, choice.answer);
    }
    return true;
  });
}

bool FieldReader::ReadChoice(ondemand::object object, Choice& choice) {
  return ForEachField(object, [&](std::string_view key, ondemand::value value) {
    if (key == "delta") {
      ondemand::object delta;
      const auto error = value.get_object().get(delta);
      return error == simdjson::SUCCESS ? ReadDelta(delta, choice) : Sound(error);
    }
    if (key == "token_ids") return TakeTokenIds(value, choice);
    if (key == "text") TakeText(value, choice.answer);
    if (key == "finish_reason") choice.finish = !IsNull(value) || choice.finish;
    return true;
  });
}

bool FieldReader::ReadChoices(ondemand::value value, bool& has_choice, Choice& choice) {
  ondemand::array choices;
  if (const auto error = value.get_array().get(choices); error != simdjson::SUCCESS) {
    return Sound(error);
  }
  for (auto item : choices) {
    ondemand::object object;
    const auto error = item.get_object().get(object);
    if (!Sound(error)) return false;
    if (error != simdjson::SUCCESS) continue;
    has_choice = true;
    if (!ReadChoice(object, choice)) return false;
  }
  return true;
}

bool FieldReader::ReadUsage(ondemand::object object, Usage& usage) {
  usage = Usage();
  places.prompt_tokens = places.completion_tokens = places.cached_tokens = 0;
  return ForEachField(object, [&](std::string_view key, ondemand::value value) {
    if (key == "prompt_tokens") {
      TakeCount(value, usage.prompt_tokens, places.prompt_tokens);
    } else if (key == "completion_tokens") {
      TakeCount(value, usage.completion_tokens, places.completion_tokens);
    } else if (key == "prompt_tokens_details") {
      ondemand::object details;
      ondemand::value cached;
      auto error = value.get_object().get(details);
      if (error == simdjson::SUCCESS) error = details["cached_tokens"].get(cached);
      if (error != simdjson::SUCCESS) return Sound(error);
      TakeCount(cached, usage.cached_tokens, places.cached_tokens);
    }
    return true;
  });
}

EventKind KindOf(const Choice& choice) {
  if (choice.tool_calls > 0) return EventKind::kToolCall;
  if (!choice.answer.empty()) return EventKind::kAnswer;
  if (!choice.reasoning.empty()) return EventKind::kReasoning;
  if (choice.token_ids > 0) return EventKind::kAnswer;
  if (choice.finish) return EventKind::kFinish;
  if (choice.role) return EventKind::kRole;
  // Neither text nor role nor finish: a token whose text the server still holds back.
  return EventKind::kAnswer;
}

/// The text of a message, or of a "message" field inside it. Returns whether the JSON was sound.
bool TakeMessage(ondemand::value value, std::string_view& message) {
  std::string_view text;
  ondemand::object object;
  if (value.get_string().get(text) != simdjson::SUCCESS) {
    auto error = value.get_object().get(object);
    if (error == simdjson::SUCCESS) error = object["message"].get_string().get(text);
    if (error != simdjson::SUCCESS) return Sound(error);
  }
  if (!text.empty()) message = text;
  return true;
}

}  // namespace

struct StreamReader::Scratch {
  ondemand::parser parser;
  std::vector<char> padded;
  std::string text;  // Of a string with escapes that a shape took.

  simdjson::padded_string_view Pad(std::string_view payload) {
    const std::size_t needed = payload.size() + simdjson::SIMDJSON_PADDING;
    if (padded.size() < needed) padded.resize(2 * needed);
    std::memcpy(padded.data(), payload.data(), payload.size());
    // What an earlier payload left behind must not complete this one.
    std::memset(padded.data() + payload.size(), 0, simdjson::SIMDJSON_PADDING);
    return simdjson::padded_string_view(padded.data(), payload.size(), padded.size());
  }
};

StreamReader::StreamReader() : scratch_(std::make_unique<Scratch>()) {}
StreamReader::~StreamReader() = default;

namespace {

/// The fields of a payload's root object.
struct Root {
  bool has_choice = false;
  bool has_error = false;
  Choice choice;
  Usage usage;
  std::string_view message;
};

StreamEvent Malformed(std::string_view message) {
  StreamEvent event;
  event.kind = EventKind::kError;
  event.malformed = true;
  event.message = message;
  return event;
}

/// False when the object is not valid JSON.
bool ReadRoot(ondemand::object object, FieldReader& reader, Root& root) {
  return ForEachField(object, [&](std::string_view key, ondemand::value value) {
    if (key == "choices") return reader.ReadChoices(value, root.has_choice, root.choice);
    if (key == "usage") {
      ondemand::object usage;
      const auto error = value.get_object().get(usage);
      return error == simdjson::SUCCESS ? reader.ReadUsage(usage, root.usage) : Sound(error);
    }
    if (key == "error" && !IsNull(value)) {
      root.has_error = true;
      return TakeMessage(value, root.message);
    }
    if (key == "message" && root.message.empty()) return TakeMessage(value, root.message);
    return true;
  });
}

}  // namespace

StreamEvent StreamReader::Read(std::string_view payload, std::string_view event_type,
                               StreamShape* shape) {
  if (event_type == "error") shape = nullptr;
  StreamEvent event;
  if (shape != nullptr && shape->Match(payload, scratch_->text, event)) return event;
  event = Parse(payload, event_type, shape);
  return event;
}

StreamEvent StreamReader::Parse(std::string_view payload, std::string_view event_type,
                                StreamShape* shape) {
  ondemand::document document;
  ondemand::object object;
  Root root;
  root.has_error = event_type == "error";
  const auto padded = scratch_->Pad(payload);
  FieldReader reader{scratch_->padded.data(), {}};
  const bool parsed = scratch_->parser.iterate(padded).get(document) == simdjson::SUCCESS &&
                      document.get_object().get(object) == simdjson::SUCCESS &&
                      ReadRoot(object, reader, root);
  if (!parsed && !root.has_error) return Malformed(payload);
  StreamEvent event;
  if (root.has_error) {
    event.kind = EventKind::kError;
    event.message = root.message.empty() ? payload : root.message;
    return event;
  }
  event.usage = root.usage;
  if (!root.has_choice) {
    // Token counts; or a ping, or something of a dialect we do not know.
    event.kind = root.usage.known() ? EventKind::kUsage : EventKind::kComment;
    return event;
  }
  event.kind = KindOf(root.choice);
  event.finish = root.choice.finish;
  event.token_ids = root.choice.token_ids;
  const Text& text =
      event.kind == EventKind::kReasoning ? root.choice.reasoning : root.choice.answer;
  event.text = text.view;
  reader.places.text = text.at;
  if (shape != nullptr) shape->Learn(payload, event, reader.places, scratch_->text);
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
