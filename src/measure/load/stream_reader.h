// Reads the payloads of a server's event stream: what kind of event, how many generated tokens and
// characters, usage, finish, errors. Knows /v1/completions and /v1/chat/completions as vLLM,
// SGLang, TensorRT-LLM, llama.cpp, TGI, Dynamo and OpenAI write them, /v1/responses, /v1/messages,
// and the servers' own forms: SGLang's /generate, TGI's /generate_stream, llama.cpp's /completion.
// It goes by what stands in a payload, not by what was asked: docs/reference/dialects.md tells the
// shapes.
//
// A chunk may carry several tokens or none with text: its kind and `token_ids` say so. Of several
// choices in one chunk the token ids add up, and the text is the last that is not empty.
//
// Cost: about 1 us for an event that is parsed; a few ns a 100 bytes for one that the StreamShape
// of its stream predicts. No allocation per event once the scratch buffers have grown. Thread
// safety: one reader, one thread; it may be shared by all streams of that thread, because it keeps
// no state of a stream.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "measure/load/stream_event.h"
#include "measure/load/stream_shape.h"

namespace roofscape::load {

class StreamReader {
 public:
  StreamReader();
  ~StreamReader();
  StreamReader(const StreamReader&) = delete;
  StreamReader& operator=(const StreamReader&) = delete;

  /// Understands one `data:` payload other than "[DONE]". `event_type` is the SSE event name;
  /// "error" makes any payload an error. `shape` is the stream's; without one every payload is
  /// parsed in full, and the result is the same. The result's views are valid until the next
  /// Read(), and not longer than `payload`.
  StreamEvent Read(std::string_view payload, std::string_view event_type,
                   StreamShape* shape = nullptr);

 private:
  StreamEvent Parse(std::string_view payload, std::string_view event_type, StreamShape* shape);

  struct Scratch;
  std::unique_ptr<Scratch> scratch_;
};

/// The message inside an error body: {"error":{"message":"..."}}, {"message":...}, {"detail":...},
/// or the printable beginning of whatever else came. Never empty.
std::string ErrorText(std::string_view body);

}  // namespace roofscape::load
