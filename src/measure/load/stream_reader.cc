#include "measure/load/stream_reader.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include <simdjson.h>
#include <nlohmann/json.hpp>

#include "base/core/json.h"
#include "base/core/text.h"
#include "measure/load/payload_fields.h"

namespace roofscape::load {
namespace {

namespace ondemand = simdjson::ondemand;
using spec::EventKind;

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// What a payload means: its event, and the text of it that may vary.
struct Meaning {
  StreamEvent event;
  FieldText text;
};

void SetError(const PayloadFields& fields, std::string_view payload, Meaning& meaning) {
  meaning.event.kind = EventKind::kError;
  meaning.event.message = fields.message.empty() ? payload : fields.message;
}

void ReadChoices(const PayloadFields& fields, Meaning& meaning) {
  const ChoiceFields& choice = fields.choice;
  StreamEvent& event = meaning.event;
  if (choice.given_up) {
    event.kind = EventKind::kError;
    event.message = "the server gave the answer up (its finish reason)";
    return;
  }
  event.finish = choice.finish;
  meaning.text = choice.answer;
  if (choice.tool_calls > 0) {
    event.kind = EventKind::kToolCall;
  } else if (!choice.answer.empty()) {
    event.kind = EventKind::kAnswer;
  } else if (!choice.reasoning.empty()) {
    event.kind = EventKind::kReasoning;
    meaning.text = choice.reasoning;
  } else if (fields.token_ids > 0) {
    event.kind = EventKind::kAnswer;
  } else if (choice.finish) {
    event.kind = EventKind::kFinish;
  } else if (choice.role) {
    event.kind = EventKind::kRole;
  } else {
    // Neither text nor role nor finish: a token whose text the server still holds back.
    event.kind = EventKind::kAnswer;
  }
}

EventKind KindOfDelta(const PayloadFields& fields) {
  // Responses says it in the event's type, Messages in the delta's.
  const std::string_view name = fields.delta_type.empty() ? fields.type : fields.delta_type;
  if (Contains(name, "reasoning") || Contains(name, "thinking")) return EventKind::kReasoning;
  if (Contains(name, "arguments") || Contains(name, "input") || Contains(name, "code")) {
    return EventKind::kToolCall;
  }
  // A signature, a citation: about the answer, no part of it.
  if (name.starts_with("signature") || name.starts_with("citation")) return EventKind::kComment;
  return EventKind::kAnswer;
}

/// The events of OpenAI's Responses ("response.*") and of Messages.
void ReadTyped(const PayloadFields& fields, std::string_view payload, Meaning& meaning) {
  const std::string_view type = fields.type;
  StreamEvent& event = meaning.event;
  if (type == "response.failed" || type == "error") return SetError(fields, payload, meaning);
  if (type.ends_with(".delta") || type == "content_block_delta") {
    event.kind = KindOfDelta(fields);
    if (event.kind != EventKind::kComment) meaning.text = fields.delta;
  } else if (type == "response.completed" || type == "response.incomplete") {
    event.finish = true;
    event.kind = fields.usage.known() ? EventKind::kUsage : EventKind::kFinish;
  } else if (type == "message_delta") {
    event.finish = fields.stop_reason;
    event.kind = fields.stop_reason && !fields.usage.known() ? EventKind::kFinish
                 : fields.usage.known()                      ? EventKind::kUsage
                                                             : EventKind::kComment;
  } else if (type == "response.created" || type == "message_start") {
    event.kind = EventKind::kRole;
  } else if (type == "message_stop") {
    event.kind = EventKind::kDone;
  } else {
    event.kind = EventKind::kComment;  // Parts that begin and end, pings, what is yet to come.
  }
}

void ReadNative(const PayloadFields& fields, Meaning& meaning) {
  const NativeFields& native = fields.native;
  StreamEvent& event = meaning.event;
  if (!native.abort.empty()) {
    event.kind = EventKind::kError;
    event.message = native.abort;
    return;
  }
  event.finish = native.finish;
  event.whole_text = native.whole_text;
  meaning.text = native.text;
  const bool empty = native.text.empty() && fields.token_ids == 0;
  event.kind = empty && native.finish ? EventKind::kFinish : EventKind::kAnswer;
}

/// What a server may send so that a connection is not idle, with whatever data.
bool IsKeepAlive(std::string_view event_type) {
  return event_type == "ping" || event_type == "heartbeat" || event_type == "keepalive" ||
         event_type == "keep-alive";
}

StreamEvent Malformed(std::string_view message) {
  StreamEvent event;
  event.kind = EventKind::kError;
  event.malformed = true;
  event.message = message;
  return event;
}

}  // namespace

struct StreamReader::Scratch {
  ondemand::parser parser;
  std::vector<char> padded;
  std::string text;  // Of a string with escapes that a shape took.

  simdjson::padded_string_view Pad(std::string_view payload) {
    const std::size_t needed = payload.size() + simdjson::SIMDJSON_PADDING;
    if (padded.size() < needed) padded.resize(2 * needed);
    std::copy(payload.begin(), payload.end(), padded.begin());  // Of nothing, too.
    // What an earlier payload left behind must not complete this one.
    std::memset(padded.data() + payload.size(), 0, simdjson::SIMDJSON_PADDING);
    return simdjson::padded_string_view(padded.data(), payload.size(), padded.size());
  }
};

StreamReader::StreamReader() : scratch_(std::make_unique<Scratch>()) {}
StreamReader::~StreamReader() = default;

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
  PayloadFields fields;
  const auto padded = scratch_->Pad(payload);
  const bool parsed = scratch_->parser.iterate(padded).get(document) == simdjson::SUCCESS &&
                      document.get_object().get(object) == simdjson::SUCCESS &&
                      ReadPayloadFields(object, scratch_->padded.data(), fields);
  fields.has_error = fields.has_error || event_type == "error";
  Meaning meaning;
  if (!parsed && !fields.has_error) {
    if (!IsKeepAlive(event_type)) return Malformed(payload);
    meaning.event.kind = EventKind::kComment;
    return meaning.event;
  }
  if (fields.has_error) {
    SetError(fields, payload, meaning);
    return meaning.event;
  }
  StreamEvent& event = meaning.event;
  event.usage = fields.usage;
  if (fields.has_choice) {
    ReadChoices(fields, meaning);
  } else if (!fields.type.empty()) {
    ReadTyped(fields, payload, meaning);
  } else if (fields.native.seen) {
    ReadNative(fields, meaning);
  } else {
    // Token counts; or something of a dialect we do not know.
    event.kind = fields.usage.known() ? EventKind::kUsage : EventKind::kComment;
    return event;
  }
  if (event.kind == EventKind::kError) return event;
  event.token_ids = fields.token_ids;
  event.text = meaning.text.view;
  fields.places.text = meaning.text.at;
  if (shape != nullptr) shape->Learn(payload, event, fields.places, scratch_->text);
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
