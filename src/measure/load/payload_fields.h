// The fields of one stream payload, whichever server wrote it: gathered in one pass over the JSON
// by stream_reader.cc, which then decides what they mean. Nothing but that file needs this one.
//
// Ownership: views into the parser's buffers. Thread safety: plain functions.

#pragma once

#include <cstdint>
#include <string_view>

#include <simdjson.h>

#include "measure/load/stream_event.h"

namespace roofscape::load {

/// A text and where it stands in the payload, behind its quote.
struct FieldText {
  std::string_view view;
  std::size_t at = 0;

  bool empty() const { return view.empty(); }
};

/// What all choices of an OpenAI payload together say; one choice is the usual case.
struct ChoiceFields {
  bool role = false;
  bool finish = false;
  bool given_up = false;  // It ended, but the server says that it is not whole.
  std::int64_t tool_calls = 0;
  FieldText answer;
  FieldText reasoning;
};

/// A generation in a server's own form: SGLang's /generate, TGI's /generate_stream, llama.cpp's
/// /completion.
struct NativeFields {
  bool seen = false;        // Some field that only these have.
  bool whole_text = false;  // The text is everything so far.
  bool finish = false;
  std::string_view abort;  // Why the server gave the generation up.
  FieldText text;
};

/// The root object of a payload.
struct PayloadFields {
  bool has_choice = false;
  bool has_error = false;
  ChoiceFields choice;
  NativeFields native;
  std::string_view type;        // Of a typed event: Responses, Messages.
  std::string_view delta_type;  // Of its delta, where that is an object.
  FieldText delta;              // Its text.
  bool stop_reason = false;     // Inside its delta.
  std::int64_t token_ids = 0;
  Usage usage;
  std::string_view message;
  FieldPlaces places;
};

/// Reads all fields of `object` into `fields`. `base`: where the payload begins, as the library
/// sees it. False when it is not valid JSON.
bool ReadPayloadFields(simdjson::ondemand::object object, const char* base, PayloadFields& fields);

}  // namespace roofscape::load
