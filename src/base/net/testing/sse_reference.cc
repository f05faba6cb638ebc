#include "base/net/testing/sse_reference.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "base/core/text.h"

namespace roofscape::net::testing {
namespace {

/// All line ends as LF.
std::string WithLfOnly(std::string_view stream) {
  std::string out;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    if (stream[i] != '\r') {
      out += stream[i];
    } else if (i + 1 == stream.size() || stream[i + 1] != '\n') {
      out += '\n';
    }
  }
  return out;
}

class Interpreter {
 public:
  void Line(const std::string& line) {
    if (line.empty()) {
      Dispatch();
    } else if (line[0] == ':') {
      outcome_.items.push_back({true, "", line.substr(1), ""});
    } else if (const std::size_t colon = line.find(':'); colon != std::string::npos) {
      std::string value = line.substr(colon + 1);
      if (!value.empty() && value[0] == ' ') value.erase(0, 1);
      Field(line.substr(0, colon), value);
    } else {
      Field(line, "");
    }
  }

  SseOutcome Finish(const std::string& unfinished_line) {
    outcome_.truncated = !unfinished_line.empty() || !data_.empty() || !type_.empty();
    return outcome_;
  }

 private:
  void Field(const std::string& name, const std::string& value) {
    if (name == "event") type_ = value;
    if (name == "data") data_ += value + "\n";
    if (name == "id" && value.find('\0') == std::string::npos) id_ = value;
    if (name == "retry" && !value.empty() &&
        value.find_first_not_of("0123456789") == std::string::npos && value.size() < 19) {
      outcome_.retry_ms = std::strtoull(value.c_str(), nullptr, 10);
    }
  }

  void Dispatch() {
    if (!data_.empty()) {
      data_.pop_back();
      outcome_.items.push_back({false, type_.empty() ? "message" : type_, data_, id_});
    }
    data_.clear();
    type_.clear();
  }

  SseOutcome outcome_;
  std::string data_;
  std::string type_;
  std::string id_;
};

struct Collector {
  void OnEvent(const SseEvent& event) {
    outcome.items.push_back(
        {false, std::string(event.type), std::string(event.data), std::string(event.id)});
  }
  void OnComment(std::string_view text) {
    outcome.items.push_back({true, "", std::string(text), ""});
  }
  SseOutcome outcome;
};

}  // namespace

SseOutcome ParseSseByTheStandard(std::string_view stream) {
  if (stream.substr(0, 3) == "\xEF\xBB\xBF") stream.remove_prefix(3);
  const std::string text = WithLfOnly(stream);
  Interpreter interpreter;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) break;
    interpreter.Line(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return interpreter.Finish(text.substr(begin));
}

SseOutcome ParseSsePieces(const std::vector<std::string_view>& pieces) {
  SseParser parser;
  Collector collector;
  for (const std::string_view piece : pieces) {
    // A copy of its own, so that reading beyond a piece or after its end is found by ASan.
    const std::vector<char> bytes(piece.begin(), piece.end());
    if (!parser.Feed({bytes.data(), bytes.size()}, collector)) break;
  }
  collector.outcome.truncated = parser.Finish().truncated;
  collector.outcome.retry_ms = parser.retry_ms();
  return collector.outcome;
}

std::vector<std::string_view> CutAtRandom(std::string_view stream, std::size_t mean, Rng* rng) {
  std::vector<std::string_view> pieces;
  while (!stream.empty()) {
    const std::size_t size = std::min<std::size_t>(rng->Below(2 * mean + 1), stream.size());
    pieces.push_back(stream.substr(0, size));
    stream.remove_prefix(size);
  }
  return pieces;
}

std::string Describe(const SseOutcome& outcome) {
  std::string text;
  for (const SseItem& item : outcome.items) {
    text +=
        fmt::format("{} type='{}' data='{}' id='{}'\n", item.comment ? "comment" : "event",
                    Printable(item.type, 60), Printable(item.data, 200), Printable(item.id, 60));
  }
  return text + fmt::format("truncated={} retry={}\n", outcome.truncated,
                            outcome.retry_ms ? fmt::format("{}", *outcome.retry_ms) : "none");
}

}  // namespace roofscape::net::testing
