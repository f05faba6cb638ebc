#include "measure/load/payload_fields.h"

namespace roofscape::load {
namespace {

namespace ondemand = simdjson::ondemand;

/// Whether reading can go on: a value of another type than expected counts as absent, but where
/// the structure is broken the library's further answers mean nothing.
bool Sound(simdjson::error_code error) {
  return error == simdjson::SUCCESS || error == simdjson::INCORRECT_TYPE ||
         error == simdjson::NO_SUCH_FIELD;
}

/// is_null() of simdjson fails on a value that only begins like null.
bool IsNull(ondemand::value value) {
  bool null = false;
  return value.is_null().get(null) == simdjson::SUCCESS && null;
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

/// The same where `value` may be something else than an object, which counts as absent.
template <class Take>
bool ForEachFieldOf(ondemand::value value, Take take) {
  ondemand::object object;
  const auto error = value.get_object().get(object);
  return error == simdjson::SUCCESS ? ForEachField(object, take) : Sound(error);
}

/// Adds the number of items of a list to `count`.
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

/// Replaces `text` unless there is none: null and other types count as absent.
void TakeView(ondemand::value value, std::string_view& text) {
  std::string_view view;
  if (value.get_string().get(view) == simdjson::SUCCESS && !view.empty()) text = view;
}

/// Functions that return bool say whether the JSON was sound so far; if not, nothing more may be
/// read.
class Reader {
 public:
  Reader(const char* base, PayloadFields& fields) : base_(base), fields_(fields) {}

  bool ReadRoot(std::string_view key, ondemand::value value);

 private:
  std::size_t PlaceOf(ondemand::value& value) const {
    return static_cast<std::size_t>(value.raw_json_token().data() - base_);
  }
  /// Replaces `text` unless there is none.
  void TakeText(ondemand::value value, FieldText& text) const;
  void TakeCount(ondemand::value value, std::int64_t& count, std::size_t& place);
  bool TakeTokenIds(ondemand::value value);
  bool TakeMessage(ondemand::value value);

  bool ReadChoices(ondemand::value value);
  bool ReadChoice(std::string_view key, ondemand::value value);
  bool ReadChoiceDelta(std::string_view key, ondemand::value value);
  void ReadChoiceEnd(ondemand::value value);
  bool ReadError(ondemand::value value);
  bool ReadUsage(std::string_view key, ondemand::value value);
  bool ReadCachedTokens(ondemand::value details);

  bool ReadTyped(std::string_view key, ondemand::value value);
  bool ReadTypedDelta(std::string_view key, ondemand::value value);
  bool ReadResponse(std::string_view key, ondemand::value value);

  bool ReadNative(std::string_view key, ondemand::value value);
  bool ReadMetaInfo(std::string_view key, ondemand::value value);
  bool ReadFinishReason(ondemand::value value);

  const char* base_;
  PayloadFields& fields_;
};

void Reader::TakeText(ondemand::value value, FieldText& text) const {
  const std::size_t at = PlaceOf(value) + 1;
  std::string_view view;
  if (value.get_string().get(view) == simdjson::SUCCESS && !view.empty()) text = {view, at};
}

void Reader::TakeCount(ondemand::value value, std::int64_t& count, std::size_t& place) {
  place = PlaceOf(value);
  if (value.get_int64().get(count) == simdjson::SUCCESS) return;
  count = spec::kUnknown;
  place = 0;
}

bool Reader::TakeTokenIds(ondemand::value value) {
  fields_.places.token_ids = PlaceOf(value) + 1;
  ++fields_.places.token_id_lists;
  return AddItems(value, fields_.token_ids);
}

/// The text of a message, or of a "message" field inside it. A Messages API's own "message" holds
/// the counts of its prompt.
bool Reader::TakeMessage(ondemand::value value) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) {
    if (!text.empty()) fields_.message = text;
    return true;
  }
  return ForEachFieldOf(value, [this](std::string_view key, ondemand::value inner) {
    if (key == "message") TakeView(inner, fields_.message);
    if (key == "usage") {
      return ForEachFieldOf(inner, [this](auto k, auto v) { return ReadUsage(k, v); });
    }
    return true;
  });
}

bool Reader::ReadChoiceDelta(std::string_view key, ondemand::value value) {
  ChoiceFields& choice = fields_.choice;
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
}

/// Some servers write "" or "null" until the end has come.
void Reader::ReadChoiceEnd(ondemand::value value) {
  if (IsNull(value)) return;
  ChoiceFields& choice = fields_.choice;
  std::string_view reason;
  const bool text = value.get_string().get(reason) == simdjson::SUCCESS;
  if (text && (reason.empty() || reason == "null")) return;
  choice.finish = true;
  choice.given_up = choice.given_up || (text && (reason == "abort" || reason == "error"));
}

bool Reader::ReadChoice(std::string_view key, ondemand::value value) {
  ChoiceFields& choice = fields_.choice;
  if (key == "delta") {
    return ForEachFieldOf(value, [this](auto k, auto v) { return ReadChoiceDelta(k, v); });
  }
  if (key == "token_ids") return TakeTokenIds(value);
  if (key == "text") TakeText(value, choice.answer);
  if (key == "finish_reason") ReadChoiceEnd(value);
  return true;
}

bool Reader::ReadChoices(ondemand::value value) {
  ondemand::array choices;
  if (const auto error = value.get_array().get(choices); error != simdjson::SUCCESS) {
    return Sound(error);
  }
  for (auto item : choices) {
    ondemand::object object;
    const auto error = item.get_object().get(object);
    if (!Sound(error)) return false;
    if (error != simdjson::SUCCESS) continue;
    fields_.has_choice = true;
    if (!ForEachField(object, [this](auto k, auto v) { return ReadChoice(k, v); })) return false;
  }
  return true;
}

bool Reader::ReadCachedTokens(ondemand::value details) {
  ondemand::object object;
  ondemand::value cached;
  auto error = details.get_object().get(object);
  if (error == simdjson::SUCCESS) error = object["cached_tokens"].get(cached);
  if (error != simdjson::SUCCESS) return Sound(error);
  TakeCount(cached, fields_.usage.cached_tokens, fields_.places.cached_tokens);
  return true;
}

/// The same counts have other names in other APIs.
bool Reader::ReadUsage(std::string_view key, ondemand::value value) {
  if (key == "prompt_tokens" || key == "input_tokens") {
    TakeCount(value, fields_.usage.prompt_tokens, fields_.places.prompt_tokens);
  } else if (key == "completion_tokens" || key == "output_tokens") {
    TakeCount(value, fields_.usage.completion_tokens, fields_.places.completion_tokens);
  } else if (key == "cached_tokens" || key == "cache_read_input_tokens") {
    TakeCount(value, fields_.usage.cached_tokens, fields_.places.cached_tokens);
  } else if (key == "prompt_tokens_details" || key == "input_tokens_details") {
    return ReadCachedTokens(value);
  }
  return true;
}

/// OpenAI's Responses, and Messages: events that tell their type.
bool Reader::ReadTypedDelta(std::string_view key, ondemand::value value) {
  if (key == "type") TakeView(value, fields_.delta_type);
  if (key == "text" || key == "thinking" || key == "partial_json") TakeText(value, fields_.delta);
  if (key == "stop_reason") fields_.stop_reason = !IsNull(value);
  return true;
}

bool Reader::ReadResponse(std::string_view key, ondemand::value value) {
  if (key == "usage") {
    return ForEachFieldOf(value, [this](auto k, auto v) { return ReadUsage(k, v); });
  }
  if (key == "error" && !IsNull(value)) return TakeMessage(value);
  return true;
}

bool Reader::ReadTyped(std::string_view key, ondemand::value value) {
  if (key == "type") {
    TakeView(value, fields_.type);
  } else if (key == "delta") {
    TakeText(value, fields_.delta);
    return ForEachFieldOf(value, [this](auto k, auto v) { return ReadTypedDelta(k, v); });
  } else if (key == "response") {
    return ForEachFieldOf(value, [this](auto k, auto v) { return ReadResponse(k, v); });
  }
  return true;
}

/// SGLang tells how an answer ended as an object; "abort" is no end.
bool Reader::ReadFinishReason(ondemand::value value) {
  if (IsNull(value)) return true;
  fields_.native.finish = true;
  bool abort = false;
  std::string_view message = "the server gave the answer up";
  const bool sound = ForEachFieldOf(value, [&](std::string_view key, ondemand::value inner) {
    std::string_view text;
    if (key == "type") abort = inner.get_string().get(text) == simdjson::SUCCESS && text == "abort";
    if (key == "message") TakeView(inner, message);
    return true;
  });
  if (abort) fields_.native.abort = message;
  return sound;
}

bool Reader::ReadMetaInfo(std::string_view key, ondemand::value value) {
  if (key == "finish_reason") return ReadFinishReason(value);
  return ReadUsage(key, value);
}

bool Reader::ReadNative(std::string_view key, ondemand::value value) {
  NativeFields& native = fields_.native;
  if (key == "meta_info") {  // SGLang
    native.seen = native.whole_text = true;
    return ForEachFieldOf(value, [this](auto k, auto v) { return ReadMetaInfo(k, v); });
  }
  if (key == "text" || key == "content") {
    TakeText(value, native.text);
  } else if (key == "token") {  // TGI
    native.seen = true;
    fields_.token_ids = 1;
    return ForEachFieldOf(value, [this](std::string_view k, ondemand::value v) {
      if (k == "text") TakeText(v, fields_.native.text);
      return true;
    });
  } else if (key == "generated_text") {
    native.finish = !IsNull(value) || native.finish;
  } else if (key == "details") {
    return ForEachFieldOf(value, [this](std::string_view k, ondemand::value v) {
      if (k == "generated_tokens") {
        TakeCount(v, fields_.usage.completion_tokens, fields_.places.completion_tokens);
      } else if (k == "input_length") {
        TakeCount(v, fields_.usage.prompt_tokens, fields_.places.prompt_tokens);
      }
      return true;
    });
  } else if (key == "stop") {  // llama.cpp, as the next three
    bool stop = false;
    native.seen = native.seen || value.get_bool().get(stop) == simdjson::SUCCESS;
    native.finish = native.finish || stop;
  } else if (key == "tokens") {
    return TakeTokenIds(value);
  } else if (key == "tokens_predicted") {
    TakeCount(value, fields_.usage.completion_tokens, fields_.places.completion_tokens);
  } else if (key == "tokens_evaluated") {
    TakeCount(value, fields_.usage.prompt_tokens, fields_.places.prompt_tokens);
  }
  return true;
}

/// null, "" and false say that there is none.
bool Reader::ReadError(ondemand::value value) {
  if (IsNull(value)) return true;
  std::string_view text;
  bool flag = true;
  if (value.get_string().get(text) == simdjson::SUCCESS && text.empty()) return true;
  if (value.get_bool().get(flag) == simdjson::SUCCESS && !flag) return true;
  fields_.has_error = true;
  return TakeMessage(value);
}

bool Reader::ReadRoot(std::string_view key, ondemand::value value) {
  if (key == "choices") return ReadChoices(value);
  if (key == "usage") {
    return ForEachFieldOf(value, [this](auto k, auto v) { return ReadUsage(k, v); });
  }
  if (key == "error") return ReadError(value);
  if (key == "object") {  // An error without a member of that name: vLLM's and SGLang's older form.
    std::string_view object;
    fields_.has_error = fields_.has_error ||
                        (value.get_string().get(object) == simdjson::SUCCESS && object == "error");
    return true;
  }
  if (key == "message" && fields_.message.empty()) return TakeMessage(value);
  if (key == "type" || key == "delta" || key == "response") return ReadTyped(key, value);
  return ReadNative(key, value);
}

}  // namespace

bool ReadPayloadFields(ondemand::object object, const char* base, PayloadFields& fields) {
  Reader reader(base, fields);
  return ForEachField(object,
                      [&reader](auto key, auto value) { return reader.ReadRoot(key, value); });
}

}  // namespace roofscape::load
