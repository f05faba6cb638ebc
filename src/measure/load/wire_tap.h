// The wire tap (`--wire`): when each TCP segment of a server came in, however late this program
// read it and however many segments one read brought. It listens to copies of the packets, headers
// only, on a thread of its own; the connections themselves are not touched.
//
//   auto tap = WireTap::Start(endpoint, clock);   // before the first connection is opened
//   ...
//   (*tap)->Stop();
//   const auto at = (*tap)->Lookup(local_port, offset_of_the_byte, when_it_was_read);
//
// Offsets count the bytes that the server sent on a connection, HTTP heads included, from 0. Only
// connections whose opening was seen can be told: start it first.
//
// Needs root or CAP_NET_RAW. Where the kernel merges packets before they are seen (GRO), the stamp
// is that of the merged packet. Behind address translation on this very machine the server's
// packets carry another address and are not recognised.
//
// Cost: a kernel ring of 16 MiB, 24 bytes a segment, about 100 wake-ups a second while packets
// come.
//
// Ownership: the tap owns its thread and tables; `clock` must outlive it. Thread safety: all from
// any thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/net/address.h"

namespace roofscape::load {

class WireTap {
 public:
  struct Settings {
    std::size_t max_segments = std::size_t{32} << 20;  // Held at one time: 768 MiB of tables.
  };

  struct Stats {
    std::int64_t packets = 0;      // From the server, that the tap saw.
    std::int64_t dropped = 0;      // That it had no room for: their bytes have no stamp.
    std::int64_t segments = 0;     // Remembered, also those forgotten again.
    std::int64_t connections = 0;  // Whose opening was seen.
    std::int64_t unopened = 0;     // Packets of connections whose opening was not seen.
    bool full = false;             // max_segments was reached: some bytes have no stamp.
    Nanos grain{};                 // Every stamp is true within +- this.
  };

  /// Begins to listen to what comes from `endpoint`. kIo where this is not permitted, with the
  /// cure.
  static Result<std::unique_ptr<WireTap>> Start(const net::Endpoint& endpoint, const Clock& clock,
                                                const Settings& settings);
  static Result<std::unique_ptr<WireTap>> Start(const net::Endpoint& endpoint, const Clock& clock) {
    return Start(endpoint, clock, Settings());
  }

  ~WireTap();
  WireTap(const WireTap&) = delete;
  WireTap& operator=(const WireTap&) = delete;

  /// Takes what has come so far and ends; may take 0.1 s. Before it, the newest 20 ms may not be
  /// found yet.
  void Stop();

  /// When the segment came in that carried the byte at `offset` of what the server sent to
  /// `local_port`. `read_at`, any time between that and the closing of the connection, tells which
  /// connection is meant when the port was used again.
  std::optional<Instant> Lookup(std::uint16_t local_port, std::uint64_t offset,
                                Instant read_at) const;

  /// Frees what is known of the bytes before `offset` on the connection that Lookup would take, and
  /// of the earlier connections of that port.
  void Forget(std::uint16_t local_port, std::uint64_t offset, Instant read_at);

  Stats stats() const;

 private:
  struct State;
  explicit WireTap(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace roofscape::load
