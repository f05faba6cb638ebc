// How an event is framed on the wire: line ends, the blank behind the colon, names. What a stream's
// meaning does not depend on and what parsers still get wrong.
//
// Cost: appends only. Thread safety: plain values.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace roofscape::twin {

enum class LineEnd : std::uint8_t { kLf, kCrLf, kCr };

class Framing {
 public:
  /// `names`: true: each event has a name, "message" where its API gives it none; false: none has;
  /// missing: as the API says.
  Framing(LineEnd line_end, bool data_space, std::optional<bool> names);

  /// The begin of an event; its data follow, without a line end, then Close.
  void Open(std::string& out, std::string_view name = {}) const;
  void Close(std::string& out) const;
  /// A comment on its own, which no event belongs to.
  void Comment(std::string& out, std::string_view text) const;
  /// A name and a comment, but no data: Dynamo's error.
  void NamedComment(std::string& out, std::string_view name, std::string_view text) const;

 private:
  std::string_view end_;
  std::string_view data_;
  std::optional<bool> names_;
};

}  // namespace roofscape::twin
