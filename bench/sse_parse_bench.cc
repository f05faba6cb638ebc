// Events a second of the SSE parser on one core, in memory, on chat chunks of about 200 bytes.
// `items_per_second` is events/s: at least 8 M wanted in every row but the byte-wise ones.
//
//   build/bench/bench/sse_parse_bench [--benchmark_filter=...] [--benchmark_repetitions=5]

#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/core/rng.h"
#include "base/net/http_parser.h"
#include "base/net/sse_parser.h"

namespace roofscape::net {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10;  // As much as one read may bring.

struct Stream {
  std::string bytes;
  std::vector<std::size_t> ends;  // Where each event ends, its blank line included.
};

/// Chat chunks of an OpenAI-compatible server, with contents of 1 to 12 characters.
Stream MakeStream(std::string_view line_end) {
  Rng rng(1);
  Stream stream;
  while (stream.bytes.size() < kBufferBytes - 300) {
    const std::string content(1 + rng.Below(12), 'a');
    stream.bytes += fmt::format(
        R"(data: {{"id":"chatcmpl-9f8c2b7a51d24e6f","object":"chat.completion.chunk","created":)"
        R"(1790000000,"model":"llama-3.1-8b","choices":[{{"index":0,"delta":{{"content":" {}"}},)"
        R"("logprobs":null,"finish_reason":null}}]}})",
        content);
    stream.bytes += line_end;
    stream.bytes += line_end;
    stream.ends.push_back(stream.bytes.size());
  }
  return stream;
}

struct Counter {
  void OnEvent(const SseEvent& event) {
    ++events;
    bytes += event.data.size();
  }
  void OnComment(std::string_view /*text*/) {}
  std::size_t events = 0;
  std::size_t bytes = 0;
};

void Report(benchmark::State& state, const Counter& counter, const Stream& stream) {
  const auto rounds = static_cast<std::size_t>(state.iterations());
  if (counter.events != rounds * stream.ends.size()) state.SkipWithError("lost events");
  state.SetItemsProcessed(static_cast<std::int64_t>(counter.events));
  state.SetBytesProcessed(static_cast<std::int64_t>(rounds * stream.bytes.size()));
}

/// Many events a read: a client that catches up.
void Coalesced(benchmark::State& state) {
  const Stream stream = MakeStream("\n");
  SseParser parser;
  Counter counter;
  while (state.KeepRunning()) benchmark::DoNotOptimize(parser.Feed(stream.bytes, counter));
  Report(state, counter, stream);
}
BENCHMARK(Coalesced);

/// One event a read: a client that keeps up.
void OneEventARead(benchmark::State& state) {
  const Stream stream = MakeStream("\n");
  SseParser parser;
  Counter counter;
  while (state.KeepRunning()) {
    std::size_t begin = 0;
    for (const std::size_t end : stream.ends) {
      benchmark::DoNotOptimize(
          parser.Feed(std::string_view(stream.bytes).substr(begin, end - begin), counter));
      begin = end;
    }
  }
  Report(state, counter, stream);
}
BENCHMARK(OneEventARead);

/// Every event cut in two: all of them go through the carry buffer.
void EveryEventCut(benchmark::State& state) {
  const Stream stream = MakeStream("\n");
  SseParser parser;
  Counter counter;
  while (state.KeepRunning()) {
    std::size_t begin = 0;
    for (const std::size_t end : stream.ends) {
      const std::string_view event = std::string_view(stream.bytes).substr(begin, end - begin);
      benchmark::DoNotOptimize(parser.Feed(event.substr(0, 100), counter));
      benchmark::DoNotOptimize(parser.Feed(event.substr(100), counter));
      begin = end;
    }
  }
  Report(state, counter, stream);
}
BENCHMARK(EveryEventCut);

/// CRLF line ends, as some proxies write: the general path.
void CarriageReturns(benchmark::State& state) {
  const Stream stream = MakeStream("\r\n");
  SseParser parser;
  Counter counter;
  while (state.KeepRunning()) benchmark::DoNotOptimize(parser.Feed(stream.bytes, counter));
  Report(state, counter, stream);
}
BENCHMARK(CarriageReturns);

/// A byte a read: the worst case of any cut.
void ByteByByte(benchmark::State& state) {
  const Stream stream = MakeStream("\n");
  SseParser parser;
  Counter counter;
  while (state.KeepRunning()) {
    for (const char& c : stream.bytes) {
      benchmark::DoNotOptimize(parser.Feed(std::string_view(&c, 1), counter));
    }
  }
  Report(state, counter, stream);
}
BENCHMARK(ByteByByte);

/// The whole way of a token: one HTTP chunk with one event in it a read.
void ChunkedHttpAndSse(benchmark::State& state) {
  const Stream stream = MakeStream("\n");
  std::vector<std::string> reads;
  std::size_t begin = 0;
  for (const std::size_t end : stream.ends) {
    reads.push_back(fmt::format("{:x}\r\n{}\r\n", end - begin,
                                std::string_view(stream.bytes).substr(begin, end - begin)));
    begin = end;
  }
  HttpResponseParser http;
  std::string_view head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  if (http.Next(&head) != HttpResponseParser::Item::kHead) state.SkipWithError("no head");
  SseParser parser;
  Counter counter;
  while (state.KeepRunning()) {
    for (const std::string& read : reads) {
      std::string_view input = read;
      while (http.Next(&input) == HttpResponseParser::Item::kBody) {
        benchmark::DoNotOptimize(parser.Feed(http.body(), counter));
      }
    }
  }
  Report(state, counter, stream);
}
BENCHMARK(ChunkedHttpAndSse);

/// The floor: the C library's search for LF alone, no parsing.
void MemchrOnly(benchmark::State& state) {
  const Stream stream = MakeStream("\n");
  Counter counter;
  while (state.KeepRunning()) {
    const char* p = stream.bytes.data();
    const char* const end = p + stream.bytes.size();
    while (p != end) {
      const auto* lf =
          static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
      benchmark::DoNotOptimize(lf);
      p = lf + 2;
      ++counter.events;
    }
  }
  Report(state, counter, stream);
}
BENCHMARK(MemchrOnly);

}  // namespace
}  // namespace roofscape::net

BENCHMARK_MAIN();
