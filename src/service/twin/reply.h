// The answer to one request, piece by piece: what is sent when. Made lazily, so that a stream holds
// little, and the same for the same script, id and request.
//
// Thread safety: one thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/core/rng.h"
#include "base/core/units.h"
#include "domain/spec/request_log.h"
#include "service/twin/script.h"

namespace roofscape::twin {

/// What a request asks for.
struct Ask {
  bool chat = true;
  bool stream = true;
  bool include_usage = false;
  std::int64_t max_tokens = 16;
  std::int64_t prompt_tokens = 0;
};

/// Reads the JSON body of a completion or chat request. kInvalidArgument says what is wrong.
Result<Ask> ReadAsk(std::string_view body, bool chat);

/// One event of the answer.
struct Piece {
  enum class Then { kGoOn, kEnd, kReset, kClose };
  Nanos after{};  // Since the event before; of the first since the request.
  spec::EventKind kind = spec::EventKind::kAnswer;
  std::int64_t tokens = 0;
  Then then = Then::kGoOn;
};

class Reply {
 public:
  /// `script` must outlive the reply.
  Reply(const Script& script, const Behaviour& behaviour, const Ask& ask, std::uint64_t id_hash,
        std::string_view id);

  /// The next event; its text for the wire is appended to `out` ("data: ...\n\n", not chunked).
  /// REQUIRES: the last piece said kGoOn.
  Piece Next(std::string& out);

  /// The body of an answer that is not streamed, and when it is due.
  std::string Whole(Nanos& after);

  const Behaviour& behaviour() const { return behaviour_; }

 private:
  enum class Stage { kComments, kRole, kTokens, kFinish, kUsage, kDone };

  Piece TokenPiece(std::string& out);
  Piece FaultPiece(std::string& out, bool& fault);
  void AppendChunk(std::string& out, std::string_view delta, bool finish, std::int64_t tokens,
                   bool usage);
  void AppendDelta(std::string_view text, bool reasoning);
  void AppendText(std::int64_t tokens, std::string& out);
  std::string UsageJson() const;
  bool WantsUsage() const;
  Nanos Gap();

  const Script& script_;
  const Behaviour& behaviour_;
  Ask ask_;
  Rng rng_;
  std::string head_;   // {"id":...,"model":"..." : equal in all chunks.
  std::string delta_;  // Reused.
  Stage stage_ = Stage::kComments;
  Nanos until_first_{};
  std::int64_t total_ = 0;      // Output tokens.
  std::int64_t reasoning_ = 0;  // The first so many.
  std::int64_t made_ = 0;       // Tokens so far.
  std::int64_t events_ = 0;     // Events with tokens so far.
  bool stalled_ = false;
};

}  // namespace roofscape::twin
