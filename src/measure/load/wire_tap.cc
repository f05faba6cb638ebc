#include "measure/load/wire_tap.h"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/net/kernel_stamps.h"
#include "measure/load/packet_ring.h"
#include "measure/load/wire_segments.h"

namespace roofscape::load {
namespace {

constexpr int kPollMs = 50;  // How soon the thread sees that it shall end.
constexpr Nanos kSettle = 3 * PacketRing::kLatency;

}  // namespace

struct WireTap::State {
  State(PacketRing opened, const Clock& with_clock, const Settings& with)
      : ring(std::move(opened)), clock(with_clock), settings(with), map(with_clock) {}

  void Run();
  void ReadBlocks();
  void Take(const PacketRing::Packet& packet);
  void Remember(const TcpSegment& segment, Instant at);

  net::Fd stamps_on = net::KeepStampsOn();
  PacketRing ring;  // Of the thread, and of stats() for the drops.
  const Clock& clock;
  Settings settings;
  net::StampMap map;  // Of the thread.
  std::atomic<bool> stopping = false;
  std::thread thread;

  mutable std::mutex mutex;  // Guards what follows.
  Stats stats;
  std::size_t held = 0;                                            // Segments in flows.
  std::unordered_map<std::uint16_t, std::vector<WireFlow>> flows;  // By port, oldest first.
};

void WireTap::State::Run() {
  // The kernel hands a block out a little after its last packet: that is waited for.
  std::optional<Instant> end;
  while (!end || clock.Now() < *end) {
    pollfd readable{ring.fd(), POLLIN, 0};
    if (poll(&readable, 1, end ? 1 : kPollMs) > 0) ReadBlocks();
    if (!end && stopping) end = clock.Now() + kSettle;
  }
  ReadBlocks();
}

void WireTap::State::ReadBlocks() {
  const std::scoped_lock lock(mutex);
  while (ring.ReadBlock([this](const PacketRing::Packet& packet) { Take(packet); })) {
  }
}

void WireTap::State::Take(const PacketRing::Packet& packet) {
  ++stats.packets;
  const auto segment = ParseTcp(packet.bytes, packet.full_length);
  if (!segment || (!segment->syn && segment->length == 0)) return;
  const auto mapped = map.Map(packet.realtime_ns, clock.Now());
  stats.grain = std::max(stats.grain, mapped.grain);
  Remember(*segment, mapped.at);
}

void WireTap::State::Remember(const TcpSegment& segment, Instant at) {
  if (segment.syn) {
    std::vector<WireFlow>& port = flows[segment.destination_port];
    if (!port.empty() && port.back().OpenedBy(segment.sequence)) return;
    port.emplace_back(segment.sequence, at);
    ++stats.connections;
    return;
  }
  const auto port = flows.find(segment.destination_port);
  if (port == flows.end()) {
    ++stats.unopened;
    return;
  }
  if (held >= settings.max_segments) {
    stats.full = true;
    return;
  }
  // The kernel has a queue for each processor: a new connection may be seen before the last bytes
  // of the one that had the port.
  const auto flow = std::min_element(
      port->second.rbegin(), port->second.rend(), [&segment](const WireFlow& a, const WireFlow& b) {
        return a.DistanceTo(segment.sequence) < b.DistanceTo(segment.sequence);
      });
  const std::size_t grown = flow->Add(segment.sequence, segment.length, at);
  held += grown;
  stats.segments += static_cast<std::int64_t>(grown);
}

Result<std::unique_ptr<WireTap>> WireTap::Start(const net::Endpoint& endpoint, const Clock& clock,
                                                const Settings& settings) {
  RS_ASSIGN_OR_RETURN(PacketRing ring, PacketRing::Open(endpoint));
  auto state = std::make_unique<State>(std::move(ring), clock, settings);
  State* const running = state.get();
  state->thread = std::thread([running] { running->Run(); });
  return std::unique_ptr<WireTap>(new WireTap(std::move(state)));
}

WireTap::WireTap(std::unique_ptr<State> state) : state_(std::move(state)) {}

WireTap::~WireTap() { Stop(); }

void WireTap::Stop() {
  state_->stopping = true;
  if (state_->thread.joinable()) state_->thread.join();
}

std::optional<Instant> WireTap::Lookup(std::uint16_t local_port, std::uint64_t offset,
                                       Instant read_at) const {
  const std::scoped_lock lock(state_->mutex);
  const auto port = state_->flows.find(local_port);
  if (port == state_->flows.end()) return std::nullopt;
  const std::vector<WireFlow>& flows = port->second;
  const auto later =
      std::upper_bound(flows.begin(), flows.end(), read_at,
                       [](Instant at, const WireFlow& flow) { return at < flow.opened(); });
  if (later == flows.begin()) return std::nullopt;
  return std::prev(later)->Lookup(offset);
}

void WireTap::Forget(std::uint16_t local_port, std::uint64_t offset, Instant read_at) {
  const std::scoped_lock lock(state_->mutex);
  const auto port = state_->flows.find(local_port);
  if (port == state_->flows.end()) return;
  std::vector<WireFlow>& flows = port->second;
  while (flows.size() > 1 && flows[1].opened() <= read_at) {
    state_->held -= flows.front().pieces();
    flows.erase(flows.begin());
  }
  if (flows.front().opened() <= read_at) state_->held -= flows.front().Forget(offset);
}

WireTap::Stats WireTap::stats() const {
  const std::scoped_lock lock(state_->mutex);
  state_->stats.dropped += state_->ring.TakeDrops();
  return state_->stats;
}

}  // namespace roofscape::load
