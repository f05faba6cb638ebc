// The input is the body of an event stream. However the network cuts it, the same answer must come
// out: kinds, tokens and lengths of its events, its counts, its text and how it ended.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/check.h"
#include "base/core/rng.h"
#include "base/net/http_parser.h"
#include "base/net/testing/sse_reference.h"
#include "measure/load/answer.h"
#include "seed.h"

using roofscape::Rng;
using roofscape::load::Answer;
using roofscape::load::StreamReader;
using roofscape::net::testing::CutAtRandom;
namespace net = roofscape::net;
namespace spec = roofscape::spec;

namespace {

Answer Read(const std::vector<std::string_view>& pieces, StreamReader& reader) {
  Answer::Settings settings;
  settings.keep_text = true;
  settings.reader = &reader;
  Answer answer(settings);
  // More than any input can hold: where a runaway is cut off depends on where the reads end.
  answer.Begin(/*output_tokens_asked=*/1'000'000'000'000);
  net::HttpResponseParser parser;
  std::string_view head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
  RS_CHECK(parser.Next(&head) == net::HttpResponseParser::Item::kHead);
  answer.OnHead(parser.head());
  net::ReadInfo read;
  for (const std::string_view piece : pieces) {
    read.bytes = piece.size();
    read.data = piece.data();
    if (!answer.OnBody(piece, read)) return answer;
    ++read.read_index;
  }
  answer.OnEnd();
  return answer;
}

void CheckSame(const Answer& a, const Answer& b) {
  spec::Request left;
  spec::Request right;
  a.Fill(left);
  b.Fill(right);
  RS_CHECK(left == right);
  RS_CHECK(a.text() == b.text());
  RS_CHECK(a.events().size() == b.events().size());
  for (std::size_t i = 0; i < a.events().size(); ++i) {
    RS_CHECK(a.events()[i].kind == b.events()[i].kind);
    RS_CHECK(a.events()[i].tokens == b.events()[i].tokens);
    RS_CHECK(a.events()[i].chars == b.events()[i].chars);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  Rng rng(SeedOf(body));
  StreamReader reader;
  const Answer whole = Read({body}, reader);
  for (const std::size_t mean : {1u, 8u, 64u}) {
    CheckSame(Read(CutAtRandom(body, mean, &rng), reader), whole);
  }
  return 0;
}
