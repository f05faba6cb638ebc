// The shortcut of one response stream. The payloads of a stream are the same bytes again and again
// but for the text, the counts of tokens and perhaps a running number. A shape remembers the last
// payload that was parsed in full and where its variable parts stand; a payload that differs from
// it in nothing else is understood without parsing.
//
// It never decides anything by itself: a match means that the full parser, which accepted the
// remembered payload, would say the same of this one. Whatever does not match goes to that parser.
//
// Cost: a match is a comparison of the payload with the remembered one, no allocation. Memory: the
// size of one payload, of at most kMaxPayload bytes; longer ones are not remembered.
//
// Ownership: owns its bytes. Thread safety: one stream, one thread. It may be kept for the next
// stream of the same connection.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "measure/load/stream_event.h"

namespace roofscape::load {

class StreamShape {
 public:
  static constexpr std::size_t kMaxPayload = 1024;

  /// Whether `payload` has the remembered shape; then `event` is what it says, else it is of no
  /// use. Its views point to `payload` or `scratch`.
  bool Match(std::string_view payload, std::string& scratch, StreamEvent& event);

  /// Remembers `payload`, of which the full parser said `event`, with the fields at `places`.
  /// Whatever cannot be predicted (no text, an error) is not remembered and forgets nothing, and
  /// on a stream on which prediction never works it is seldom tried.
  void Learn(std::string_view payload, const StreamEvent& event, const FieldPlaces& places,
             std::string& scratch);

  /// How many payloads matched so far.
  std::uint64_t matches() const { return matches_; }

 private:
  enum class SlotKind : std::uint8_t {
    kText,
    kPromptTokens,
    kCompletionTokens,
    kCachedTokens,
    kTokenIds,
    kNumber,  // A number that says nothing to us.
  };
  /// A variable part, [begin, end) of payload_.
  struct Slot {
    std::uint16_t begin = 0;
    std::uint16_t end = 0;
    SlotKind kind = SlotKind::kNumber;
  };
  struct Slots {
    std::array<Slot, 12> items;
    std::size_t count = 0;

    bool Add(Slot slot);
    std::span<const Slot> all() const { return std::span(items).first(count); }
  };

  /// Where the part that begins at `p` ends, its value entered into `event`; nullptr: no match.
  static const char* TakeSlot(SlotKind kind, const char* p, const char* end, std::string& scratch,
                              StreamEvent& event);
  static std::optional<Slots> NamedSlots(std::string_view payload, const FieldPlaces& places,
                                         std::string& scratch);
  /// `named` and the numbers that differ between the remembered payload and this one; nothing when
  /// other things differ too.
  std::optional<Slots> WithNumbers(std::string_view payload, const Slots& named) const;
  bool Compare(std::string_view payload, std::string& scratch, StreamEvent& event) const;

  std::string payload_;  // Empty: nothing remembered.
  Slots slots_;
  StreamEvent event_;  // Of payload_; its views are empty.
  std::uint64_t matches_ = 0;
  std::uint32_t misses_ = 0;  // Since the last match.
};

}  // namespace roofscape::load
