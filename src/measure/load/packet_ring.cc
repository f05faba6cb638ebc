#include "measure/load/packet_ring.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace roofscape::load {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kBlockBytes = std::size_t{256} << 10;
constexpr std::size_t kBlocks = 64;
constexpr std::size_t kFrameBytes = 2048;    // Only asked for; frames are as long as they must be.
constexpr std::uint32_t kHeaderBytes = 128;  // The longest IP and TCP headers together.

Error Refused(const char* what) {
  const int reason = errno;
  const bool forbidden = reason == EPERM || reason == EACCES;
  return {ErrorCode::kIo,
          fmt::format("wire tap: {}: {}. {}", what, std::strerror(reason),
                      forbidden ? "Run as root, or once: setcap cap_net_raw+ep <this program>; or "
                                  "measure without it"
                                : "Measure without it")};
}

/// A classic BPF program of comparisons, each of which must hold.
class Filter {
 public:
  void Load(std::uint32_t size, std::uint32_t offset) { Add(BPF_LD | BPF_ABS | size, offset); }
  void Add(unsigned code, std::uint32_t value) {
    program_.push_back({static_cast<std::uint16_t>(code), 0, 0, value});
  }
  void RequireEqual(std::uint32_t value) { Add(BPF_JMP | BPF_JEQ | BPF_K, value); }
  void RequireNone(std::uint32_t bits) { Add(BPF_JMP | BPF_JSET | BPF_K, bits); }

  /// The program that passes kHeaderBytes where everything holds.
  std::vector<sock_filter> Finish() {
    Add(BPF_RET | BPF_K, kHeaderBytes);
    Add(BPF_RET | BPF_K, 0);
    for (std::size_t i = 0; i < program_.size(); ++i) {
      const auto refuse = static_cast<std::uint8_t>(program_.size() - 2 - i);
      if (program_[i].code == (BPF_JMP | BPF_JEQ | BPF_K)) program_[i].jf = refuse;
      if (program_[i].code == (BPF_JMP | BPF_JSET | BPF_K)) program_[i].jt = refuse;
    }
    return std::move(program_);
  }

 private:
  std::vector<sock_filter> program_;
};

/// TCP from the endpoint's address and port; offsets count from the IP header.
std::vector<sock_filter> FilterFor(const net::Endpoint& endpoint) {
  Filter filter;
  if (endpoint.address.ss_family == AF_INET) {
    sockaddr_in address{};
    std::memcpy(&address, &endpoint.address, sizeof address);
    filter.Load(BPF_B, 9);
    filter.RequireEqual(IPPROTO_TCP);
    filter.Load(BPF_W, 12);
    filter.RequireEqual(ntohl(address.sin_addr.s_addr));
    filter.Load(BPF_H, 6);
    filter.RequireNone(0x1FFF);  // Not a later fragment.
    filter.Add(BPF_LDX | BPF_B | BPF_MSH, 0);
    filter.Add(BPF_LD | BPF_H | BPF_IND, 0);
    filter.RequireEqual(ntohs(address.sin_port));
  } else {
    sockaddr_in6 address{};
    std::memcpy(&address, &endpoint.address, sizeof address);
    filter.Load(BPF_B, 6);
    filter.RequireEqual(IPPROTO_TCP);
    for (std::uint32_t word = 0; word < 4; ++word) {
      std::uint32_t part = 0;
      std::memcpy(&part, address.sin6_addr.s6_addr + std::size_t{4} * word, sizeof part);
      filter.Load(BPF_W, 8 + 4 * word);
      filter.RequireEqual(ntohl(part));
    }
    filter.Load(BPF_H, 40);
    filter.RequireEqual(ntohs(address.sin6_port));
  }
  return filter.Finish();
}

Result<> Configure(int fd, const net::Endpoint& endpoint) {
  std::vector<sock_filter> program = FilterFor(endpoint);
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0) {
    return Refused("no filter");
  }
  const int version = TPACKET_V3;
  if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0) {
    return Refused("no packet ring");
  }
  tpacket_req3 request{};
  request.tp_block_size = kBlockBytes;
  request.tp_block_nr = kBlocks;
  request.tp_frame_size = kFrameBytes;
  request.tp_frame_nr = kBlockBytes / kFrameBytes * kBlocks;
  request.tp_retire_blk_tov = static_cast<unsigned>(PacketRing::kLatency / milliseconds(1));
  if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0) {
    return Refused("no packet ring");
  }
  return {};
}

tpacket_block_desc* BlockAt(unsigned char* ring, std::size_t index) {
  return reinterpret_cast<tpacket_block_desc*>(ring + index * kBlockBytes);
}

}  // namespace

Result<PacketRing> PacketRing::Open(const net::Endpoint& endpoint) {
  PacketRing ring;
  // Without a protocol nothing comes until it is bound.
  ring.fd_ = net::Fd(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!ring.fd_.open()) return Refused("no packet socket");
  RS_RETURN_IF_ERROR(Configure(ring.fd_.get(), endpoint));
  void* const mapped =
      mmap(nullptr, kBlockBytes * kBlocks, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd_.get(), 0);
  if (mapped == MAP_FAILED) return Refused("no memory for the packet ring");
  ring.ring_ = static_cast<unsigned char*>(mapped);
  // A protocol by name brings what comes in, and not what goes out: loopback would show both.
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(endpoint.address.ss_family == AF_INET ? ETH_P_IP : ETH_P_IPV6);
  if (bind(ring.fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Refused("cannot listen");
  }
  return ring;
}

PacketRing::PacketRing(PacketRing&& other) noexcept
    : fd_(std::move(other.fd_)),
      ring_(std::exchange(other.ring_, nullptr)),
      next_block_(other.next_block_) {}

PacketRing::~PacketRing() {
  if (ring_ != nullptr) munmap(ring_, kBlockBytes * kBlocks);
}

bool PacketRing::ReadBlock(const std::function<void(const Packet&)>& take) {
  tpacket_block_desc* const block = BlockAt(ring_, next_block_);
  std::atomic_ref<std::uint32_t> status(block->hdr.bh1.block_status);
  if ((status.load(std::memory_order_acquire) & TP_STATUS_USER) == 0) return false;
  const auto* at = reinterpret_cast<const unsigned char*>(block);
  at += block->hdr.bh1.offset_to_first_pkt;
  for (std::uint32_t i = 0; i < block->hdr.bh1.num_pkts; ++i) {
    tpacket3_hdr header{};
    std::memcpy(&header, at, sizeof header);
    take({{at + header.tp_net, header.tp_snaplen},
          header.tp_len,
          std::int64_t{header.tp_sec} * 1'000'000'000 + header.tp_nsec});
    at += header.tp_next_offset;
  }
  status.store(TP_STATUS_KERNEL, std::memory_order_release);
  next_block_ = (next_block_ + 1) % kBlocks;
  return true;
}

std::int64_t PacketRing::TakeDrops() {
  tpacket_stats_v3 stats{};
  socklen_t size = sizeof stats;
  if (getsockopt(fd_.get(), SOL_PACKET, PACKET_STATISTICS, &stats, &size) != 0) return 0;
  return stats.tp_drops;
}

}  // namespace roofscape::load
