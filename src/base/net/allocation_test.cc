// The promise of steady state: a token event costs no allocation, from the socket to the sink.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/core/testing/count_allocations.h"
#include "base/net/http_client.h"
#include "base/net/http_response.h"
#include "base/net/sse_parser.h"
#include "base/net/testing/exchange_recorder.h"
#include "base/net/testing/raw_client.h"
#include "base/net/testing/scripted_server.h"
#include "base/net/testing/test_server.h"

namespace roofscape::net {
namespace {

using testing::Chunk;
using testing::ChunkedHead;
using testing::LastChunk;
using testing::Peer;
using testing::Request;
using testing::ScriptedServer;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr int kWarmUpExchanges = 2;
constexpr int kExchanges = 8;
constexpr int kEvents = 300;

/// Runs one exchange after the other, and counts what happens after the warm-up.
class Streamer final : public ExchangeHandler {
 public:
  Streamer(Reactor& reactor, const Endpoint& endpoint)
      : reactor_(reactor), connection_(reactor, endpoint) {
    connection_.Start({kGet, {}}, this);
  }
  void OnHead(const HttpHead& /*head*/, const ReadInfo& /*read*/) override { parser_.Reset(); }
  void OnBody(std::string_view bytes, const ReadInfo& /*read*/) override {
    ok_ = parser_.Feed(bytes, *this) && ok_;
  }
  void OnEnd(const ReadInfo& /*read*/) override {
    if (++exchanges_ == kWarmUpExchanges) {
      allocations_before_ = roofscape::testing::Allocations();
      events_ = 0;
    }
    if (exchanges_ == kWarmUpExchanges + kExchanges) {
      allocations_ = roofscape::testing::Allocations() - allocations_before_;
      reactor_.Stop();
    } else {
      connection_.Start({kGet, {}}, this);
    }
  }
  void OnError(const Failure& failure) override {
    ADD_FAILURE() << failure.message;
    ok_ = false;
    reactor_.Stop();
  }
  void OnEvent(const SseEvent& event) { events_ += event.data.size() > 10 ? 1 : 0; }
  void OnComment(std::string_view /*text*/) {}

  bool ok() const { return ok_; }
  int events() const { return events_; }
  std::uint64_t allocations() const { return allocations_; }

 private:
  Reactor& reactor_;
  HttpConnection connection_;
  SseParser parser_;
  bool ok_ = true;
  int exchanges_ = 0;
  int events_ = 0;
  std::uint64_t allocations_before_ = 0;
  std::uint64_t allocations_ = 1;
};

TEST(Allocation, TheCounterCounts) {
  const std::uint64_t before = roofscape::testing::Allocations();
  void* const made = ::operator new(4);  // A call, which no compiler may leave out.
  EXPECT_EQ(roofscape::testing::Allocations(), before + 1);
  ::operator delete(made);
}

TEST(Allocation, NoneAnEventNorARequestInSteadyState) {
  const SystemClock clock;
  auto reactor = Reactor::Create(clock);
  ASSERT_TRUE(reactor);
  std::string stream;
  for (int i = 0; i < kEvents; ++i) {
    stream += Chunk("data: {\"choices\":[{\"delta\":{\"content\":\" token\"}}]}\n\n");
  }
  // Pieces that are no multiple of a chunk: events are cut at ever different places.
  ScriptedServer server([&](const Request& request, Peer& peer) {
    peer.Write(ChunkedHead());
    peer.WriteInPieces(stream, 61 + static_cast<std::size_t>(request.index), Nanos{0});
    peer.Write(LastChunk());
  });
  const Endpoint endpoint = server.endpoint();
  Streamer streamer(**reactor, endpoint);
  (*reactor)->Run();
  EXPECT_TRUE(streamer.ok());
  EXPECT_EQ(streamer.events(), kExchanges * kEvents);
  // A kept buffer may still grow once, when a cut falls where none has fallen before.
  EXPECT_LE(streamer.allocations(), 4u);
}

TEST(Allocation, NoneAServersWrite) {
  const SystemClock clock;
  auto reactor = Reactor::Create(clock);
  ASSERT_TRUE(reactor);
  ServerExchange* exchange = nullptr;
  testing::TestServer server(
      **reactor, [&](ServerExchange& e, const ServerRequest& /*request*/) { exchange = &e; });
  testing::RawClient client(**reactor, server.port());
  client.Send(kGet);
  ASSERT_TRUE(testing::RunUntil(**reactor, [&] { return exchange != nullptr; }));
  std::string chunk;
  std::uint64_t allocations = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t before = roofscape::testing::Allocations();
    chunk.clear();
    AppendChunk(chunk, "data: {\"choices\":[{\"delta\":{\"content\":\" token\"}}]}\n\n");
    ASSERT_EQ(exchange->Write(chunk).sent, chunk.size());
    if (i > 0) allocations += roofscape::testing::Allocations() - before;
    (*reactor)->Poll(Nanos{0});
    while (client.ReadSome()) {
    }
  }
  EXPECT_EQ(allocations, 0u);
}

}  // namespace
}  // namespace roofscape::net
