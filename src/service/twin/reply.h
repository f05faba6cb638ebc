// The answer to one request, piece by piece: what is sent when. Made lazily, so that a stream holds
// little, and the same for the same script, id and request. How a piece looks on the wire is its
// format's (reply_format.h).
//
// Thread safety: one thread.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/core/rng.h"
#include "base/core/units.h"
#include "domain/spec/request_log.h"
#include "service/twin/ask.h"
#include "service/twin/reply_format.h"
#include "service/twin/script.h"

namespace roofscape::twin {

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

  /// The next event; its text for the wire is appended to `out`, framed as SSE, not chunked.
  /// REQUIRES: the last piece said kGoOn.
  Piece Next(std::string& out);

  /// The body of an answer that is not streamed, and when it is due.
  std::string Whole(Nanos& after);

  const Behaviour& behaviour() const { return behaviour_; }

 private:
  enum class Stage { kEarly, kComments, kOpening, kTokens, kClosing, kFailing };

  Piece Of(const ReplyFormat::Event& event, Nanos after) const;
  Piece TokenPiece(std::string& out);
  Piece FaultPiece(std::string& out, bool& fault);
  Piece FailingPiece(std::string& out, Nanos gap);
  void Plan();
  void AppendText(std::int64_t tokens, std::string& out);
  Nanos Gap();

  const Behaviour& behaviour_;
  std::int64_t total_ = 0;  // Output tokens.
  std::unique_ptr<ReplyFormat> format_;
  Rng rng_;
  std::string text_;  // Reused.
  Stage stage_ = Stage::kEarly;
  Nanos until_first_{};
  Nanos wait_{};  // Until what comes next.
  TokenEvent next_;
  Totals totals_;               // So far.
  std::int64_t reasoning_ = 0;  // The first so many tokens.
  std::int64_t events_ = 0;     // Events with tokens so far.
  bool planned_ = false;        // next_ and wait_ are set.
  bool stalled_ = false;
};

}  // namespace roofscape::twin
