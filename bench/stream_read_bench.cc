// Events a second from bytes to what they mean, on one core, in memory: HTTP chunk, SSE and the
// reader of the load room, on chat chunks of about 200 to 230 bytes with one token each.
// `items_per_second` is events/s: at least 10 M wanted in the rows whose shape can be predicted.
// A row that allocates in its measured part fails.
//
//   build/bench/bench/stream_read_bench [--benchmark_filter=...] [--benchmark_repetitions=5]

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/core/rng.h"
#include "base/net/http_parser.h"
#include "base/net/sse_parser.h"
#include "measure/load/stream_reader.h"

namespace {
std::size_t allocations = 0;
}

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  std::abort();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace roofscape::load {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10;  // As much as one read may bring.

/// What one token costs besides its text.
enum class Style { kPlain, kUsage, kTokenIds, kLogprobs };

struct Payloads {
  std::vector<std::string> items;
  std::size_t bytes = 0;
  std::size_t text_bytes = 0;  // Unescaped.
};

std::string Extra(Style style, std::size_t n) {
  switch (style) {
    case Style::kPlain: break;
    case Style::kUsage:
      return fmt::format(
          R"(}}],"usage":{{"prompt_tokens":128,"total_tokens":{},"completion_tokens":{}}})",
          128 + n, n);
    case Style::kTokenIds: return fmt::format(R"(,"token_ids":[{}]}}])", 1000 + n);
    case Style::kLogprobs: return fmt::format(R"(,"logprob":-0.{}}}])", 10 + n);
  }
  return "}]";
}

/// Chat chunks of an OpenAI-compatible server, with words of 1 to 12 characters; every
/// `escape_every`th has an escape.
Payloads MakePayloads(Style style, std::size_t escape_every) {
  Rng rng(1);
  Payloads payloads;
  while (payloads.bytes < kBufferBytes) {
    const std::size_t n = payloads.items.size() + 1;
    std::string word(1 + rng.Below(12), 'a');
    payloads.text_bytes += word.size() + 1;
    if (escape_every != 0 && n % escape_every == 0) {
      word += R"(\n)";
      payloads.text_bytes += 1;
    }
    payloads.items.push_back(fmt::format(
        R"({{"id":"chatcmpl-9f8c2b7a51d24e6f","object":"chat.completion.chunk","created":)"
        R"(1790000000,"model":"llama-3.1-8b","choices":[{{"index":0,"delta":{{"content":" {}"}},)"
        R"("logprobs":null,"finish_reason":null{}}})",
        word, Extra(style, n)));
    payloads.bytes += payloads.items.back().size();
  }
  return payloads;
}

/// Takes events as an exchange does.
class Consumer {
 public:
  explicit Consumer(bool predict) : shape_(predict ? &own_shape_ : nullptr) {}

  void OnEvent(const net::SseEvent& event) {
    const StreamEvent read = reader_.Read(event.data, event.type, shape_);
    ++events_;
    text_bytes_ += read.text.size();
    tokens_ += read.token_ids;
    benchmark::DoNotOptimize(tokens_);
  }
  void OnComment(std::string_view /*text*/) {}

  void Check(benchmark::State& state, const Payloads& payloads, std::size_t allocated) const {
    const std::size_t rounds = static_cast<std::size_t>(state.iterations()) + 1;
    if (events_ != rounds * payloads.items.size()) state.SkipWithError("lost events");
    if (text_bytes_ != rounds * payloads.text_bytes) state.SkipWithError("lost text");
    if (allocated != 0) state.SkipWithError("allocated for an event");
    state.SetItemsProcessed(static_cast<std::int64_t>(events_ - payloads.items.size()));
    state.counters["bytes_an_event"] =
        static_cast<double>(payloads.bytes) / static_cast<double>(payloads.items.size());
  }

 private:
  StreamReader reader_;
  StreamShape own_shape_;
  StreamShape* shape_;
  std::size_t events_ = 0;
  std::size_t text_bytes_ = 0;
  std::int64_t tokens_ = 0;
};

/// Runs `round` once to let buffers grow, then for the benchmark.
template <class Round>
void Measure(benchmark::State& state, const Payloads& payloads, const Consumer& consumer,
             Round round) {
  round();
  const std::size_t before = allocations;
  std::size_t after = before;
  while (state.KeepRunning()) {
    round();
    after = allocations;
  }
  consumer.Check(state, payloads, after - before);
}

/// One HTTP chunk with one event a read: the whole way of a token to a client that keeps up.
void HttpChunks(benchmark::State& state, Style style, std::size_t escape_every, bool predict) {
  const Payloads payloads = MakePayloads(style, escape_every);
  std::vector<std::string> reads;
  for (const std::string& payload : payloads.items) {
    reads.push_back(fmt::format("{:x}\r\ndata: {}\n\n\r\n", payload.size() + 8, payload));
  }
  net::HttpResponseParser http;
  std::string_view head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  if (http.Next(&head) != net::HttpResponseParser::Item::kHead) state.SkipWithError("no head");
  net::SseParser parser;
  Consumer consumer(predict);
  Measure(state, payloads, consumer, [&] {
    for (const std::string& read : reads) {
      std::string_view input = read;
      while (http.Next(&input) == net::HttpResponseParser::Item::kBody) {
        benchmark::DoNotOptimize(parser.Feed(http.body(), consumer));
      }
    }
  });
}
BENCHMARK_CAPTURE(HttpChunks, plain, Style::kPlain, 0, true);
BENCHMARK_CAPTURE(HttpChunks, an_escape_in_10, Style::kPlain, 10, true);
BENCHMARK_CAPTURE(HttpChunks, an_escape_in_1, Style::kPlain, 1, true);
BENCHMARK_CAPTURE(HttpChunks, usage_each, Style::kUsage, 0, true);
BENCHMARK_CAPTURE(HttpChunks, token_ids, Style::kTokenIds, 0, true);
BENCHMARK_CAPTURE(HttpChunks, unpredictable, Style::kLogprobs, 0, true);
BENCHMARK_CAPTURE(HttpChunks, parsed_in_full, Style::kPlain, 0, false);

/// Many events a read, without HTTP: a client that catches up.
void Coalesced(benchmark::State& state, Style style, std::size_t escape_every) {
  const Payloads payloads = MakePayloads(style, escape_every);
  std::string bytes;
  for (const std::string& payload : payloads.items) bytes += "data: " + payload + "\n\n";
  net::SseParser parser;
  Consumer consumer(true);
  Measure(state, payloads, consumer,
          [&] { benchmark::DoNotOptimize(parser.Feed(bytes, consumer)); });
}
BENCHMARK_CAPTURE(Coalesced, plain, Style::kPlain, 0);
BENCHMARK_CAPTURE(Coalesced, an_escape_in_10, Style::kPlain, 10);

}  // namespace
}  // namespace roofscape::load

BENCHMARK_MAIN();
