// What one event of a response stream says, whatever parser read it (stream_reader.h).
//
// Ownership: views into the payload or the reader's buffers. Thread safety: plain values.

#pragma once

#include <cstdint>
#include <string_view>

#include "domain/spec/request_log.h"

namespace roofscape::load {

/// Token counts as the server reports them; spec::kUnknown where it does not.
struct Usage {
  std::int64_t prompt_tokens = spec::kUnknown;
  std::int64_t completion_tokens = spec::kUnknown;
  std::int64_t cached_tokens = spec::kUnknown;

  bool known() const {
    return prompt_tokens != spec::kUnknown || completion_tokens != spec::kUnknown;
  }

  friend bool operator==(const Usage&, const Usage&) = default;
};

/// One payload, understood.
struct StreamEvent {
  spec::EventKind kind = spec::EventKind::kRole;
  std::int64_t token_ids = 0;  // Number of token ids in the chunk, 0 when none are sent.
  std::string_view text;       // Generated text, unescaped.
  bool whole_text = false;     // `text` is, or may be, everything generated so far.
  bool finish = false;         // A finish reason stood in it.
  Usage usage;
  bool malformed = false;    // Not a JSON object of any known shape; `message` says why.
  std::string_view message;  // Of an error event, or why it is malformed.

  friend bool operator==(const StreamEvent&, const StreamEvent&) = default;
};

/// Where the parser found what it reported, as offsets into the payload; 0 where there is nothing.
struct FieldPlaces {
  std::size_t text = 0;  // Behind the opening quote, as are all strings.
  std::size_t prompt_tokens = 0;
  std::size_t completion_tokens = 0;
  std::size_t cached_tokens = 0;
  std::size_t token_ids = 0;  // Behind the opening bracket.
  int token_id_lists = 0;     // How many lists `StreamEvent::token_ids` adds up.
};

}  // namespace roofscape::load
