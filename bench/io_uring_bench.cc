// Whether io_uring would be cheaper than epoll for a client of many slow streams: multishot receive
// into provided buffers against one recvmsg for each descriptor that epoll_wait names. Both look at
// nothing, on the same paced server, in turns. io_uring's best case: no stamps are asked for, and
// the kernel's work for it is done in this thread when it waits (DEFER_TASKRUN), so that it is in
// the thread's CPU time. Raw system calls: no library is needed.
//
//   build/bench/bench/io_uring_bench [connections=256] [events_per_second=50] [rounds=7]

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bare_client.h"
#include "base/core/check.h"
#include "paced_server.h"
#include "tools.h"

namespace roofscape::bench {
namespace {

constexpr unsigned kEntries = 4096;
constexpr unsigned kBuffers = 4096;  // A power of two.
constexpr std::size_t kBufferBytes = 2048;
constexpr Times kTimes;

/// A field that the kernel reads or writes at the same time.
std::atomic_ref<unsigned> Shared(void* base, unsigned offset) {
  return std::atomic_ref(*reinterpret_cast<unsigned*>(static_cast<char*>(base) + offset));
}

/// Memory that is given back: a mapping that stays would keep the ring and all its sockets open.
class Mapping {
 public:
  Mapping() = default;
  Mapping(std::size_t bytes, int fd, off_t offset) : bytes_(bytes) {
    const int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED | MAP_POPULATE;
    begin_ = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, fd, offset);
    RS_CHECK(begin_ != MAP_FAILED);
  }
  Mapping(Mapping&& other) noexcept
      : begin_(std::exchange(other.begin_, nullptr)), bytes_(other.bytes_) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(begin_, other.begin_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Mapping() {
    if (begin_ != nullptr) ::munmap(begin_, bytes_);
  }

  void* get() const { return begin_; }

 private:
  void* begin_ = nullptr;
  std::size_t bytes_ = 0;
};

/// Just what multishot receive needs.
class Ring {
 public:
  /// False where the kernel does not let us.
  bool Open() {
    params_.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
    params_.cq_entries = 2 * kEntries;
    fd_ = net::Fd(static_cast<int>(::syscall(__NR_io_uring_setup, kEntries, &params_)));
    if (!fd_.open()) return false;
    rings_map_ = Mapping(params_.cq_off.cqes + params_.cq_entries * sizeof(io_uring_cqe), fd_.get(),
                         IORING_OFF_SQ_RING);
    entries_map_ = Mapping(kEntries * sizeof(io_uring_sqe), fd_.get(), IORING_OFF_SQES);
    buffers_map_ = Mapping(kBuffers * sizeof(io_uring_buf), -1, 0);
    rings_ = rings_map_.get();
    entries_ = static_cast<io_uring_sqe*>(entries_map_.get());
    buffers_ = static_cast<io_uring_buf*>(buffers_map_.get());
    memory_.resize(kBuffers * kBufferBytes);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uintptr_t>(buffers_);
    registration.ring_entries = kBuffers;
    if (::syscall(__NR_io_uring_register, fd_.get(), IORING_REGISTER_PBUF_RING, &registration, 1) !=
        0) {
      return false;
    }
    for (unsigned i = 0; i < kBuffers; ++i) GiveBuffer(i);
    return true;
  }

  /// Asks for all that will ever come on `fd`; goes out with the next Wait.
  void Receive(int fd) {
    const unsigned tail = Shared(rings_, params_.sq_off.tail).load(std::memory_order_relaxed);
    const unsigned slot = tail & (params_.sq_entries - 1);
    io_uring_sqe& entry = entries_[slot];
    std::memset(&entry, 0, sizeof entry);
    entry.opcode = IORING_OP_RECV;
    entry.fd = fd;
    entry.ioprio = IORING_RECV_MULTISHOT;
    entry.flags = IOSQE_BUFFER_SELECT;
    entry.user_data = static_cast<__u64>(fd);
    Shared(rings_, params_.sq_off.array + slot * 4).store(slot, std::memory_order_relaxed);
    Shared(rings_, params_.sq_off.tail).store(tail + 1, std::memory_order_release);
    ++unsubmitted_;
  }

  /// Waits for at least one completion and calls visit(result, fd) for each.
  template <class Visit>
  void Wait(const Visit& visit) {
    const long done = ::syscall(__NR_io_uring_enter, fd_.get(), unsubmitted_, 1,
                                IORING_ENTER_GETEVENTS, nullptr, 0);
    RS_CHECK(done >= 0 || errno == EINTR);
    if (done > 0) unsubmitted_ -= static_cast<unsigned>(done);
    unsigned head = Shared(rings_, params_.cq_off.head).load(std::memory_order_relaxed);
    const unsigned tail = Shared(rings_, params_.cq_off.tail).load(std::memory_order_acquire);
    const auto* completions = reinterpret_cast<const io_uring_cqe*>(
        static_cast<const char*>(rings_) + params_.cq_off.cqes);
    for (; head != tail; ++head) {
      const io_uring_cqe& completion = completions[head & (params_.cq_entries - 1)];
      visit(completion.res);
      if ((completion.flags & IORING_CQE_F_BUFFER) != 0) {
        GiveBuffer(completion.flags >> IORING_CQE_BUFFER_SHIFT);
      }
      if ((completion.flags & IORING_CQE_F_MORE) == 0) {
        Receive(static_cast<int>(completion.user_data));
      }
    }
    Shared(rings_, params_.cq_off.head).store(head, std::memory_order_release);
  }

 private:
  void GiveBuffer(unsigned id) {
    io_uring_buf& buffer = buffers_[buffer_tail_ & (kBuffers - 1)];
    buffer.addr = reinterpret_cast<std::uintptr_t>(memory_.data() + id * kBufferBytes);
    buffer.len = kBufferBytes;
    buffer.bid = static_cast<std::uint16_t>(id);
    ++buffer_tail_;
    // The ring's tail lies in the first entry, where an entry has nothing.
    std::atomic_ref(buffers_[0].resv).store(buffer_tail_, std::memory_order_release);
  }

  io_uring_params params_{};
  net::Fd fd_;
  Mapping rings_map_;
  Mapping entries_map_;
  Mapping buffers_map_;
  void* rings_ = nullptr;
  io_uring_sqe* entries_ = nullptr;
  io_uring_buf* buffers_ = nullptr;
  std::vector<char> memory_;
  std::uint16_t buffer_tail_ = 0;
  unsigned unsubmitted_ = 0;
};

Cost RunRing(const net::Endpoint& endpoint, std::size_t connections, const Clock& clock) {
  Ring ring;
  if (!ring.Open()) CheckFailed("this kernel does not permit io_uring", __FILE__, __LINE__);
  const std::vector<net::Fd> sockets = OpenStreams(endpoint, connections);
  for (const net::Fd& fd : sockets) ring.Receive(fd.get());
  Meter now;
  const auto run_for = [&](Nanos time) {
    const Instant end = clock.Now() + time;
    while (now.wakeups % 16 != 0 || clock.Now() < end) {
      ring.Wait([&now](int result) {
        RS_CHECK(result > 0 || result == -ENOBUFS);
        if (result > 0) ++now.reads;
      });
      ++now.wakeups;
    }
    now.events = now.reads;
    now.ReadCpu();
  };
  run_for(kTimes.warm_up);
  const Meter begin = now;
  run_for(kTimes.measured);
  return Difference(begin, now, kTimes.measured);
}

int Main(std::size_t connections, double rate, int rounds) {
  const SystemClock clock;
  const auto server = PacedServer::Start(rate, /*core=*/1);
  RS_CHECK(server);
  Pin(0);
  const auto endpoint = net::Resolve(server->url());
  RS_CHECK(endpoint);
  fmt::print("{} connections x {} events/s, {} rounds\n", connections, rate, rounds);
  std::vector<double> epoll_costs;
  std::vector<double> ring_costs;
  std::vector<double> ratios;
  for (int i = 0; i < rounds; ++i) {
    Cost epoll;
    if (i % 2 == 0) epoll = RunBare(*endpoint, connections, kTimes, clock);
    const Cost ring = RunRing(*endpoint, connections, clock);
    if (i % 2 == 1) epoll = RunBare(*endpoint, connections, kTimes, clock);
    Print("epoll", epoll);
    Print("io_uring", ring);
    epoll_costs.push_back(epoll.ns_per_event);
    ring_costs.push_back(ring.ns_per_event);
    ratios.push_back(ring.ns_per_event / epoll.ns_per_event);
  }
  fmt::print("client CPU per event, median (min to max), load average {:.1f}:\n", LoadAverage());
  fmt::print("  epoll     {} ns\n  io_uring  {} ns\n  io_uring over epoll: {}\n",
             Spread(epoll_costs, 0), Spread(ring_costs, 0), Spread(ratios, 2));
  return 0;
}

}  // namespace
}  // namespace roofscape::bench

int main(int argc, char** argv) {
  const auto number = [&](int i, double otherwise) {
    return argc > i ? std::strtod(argv[i], nullptr) : otherwise;
  };
  const double connections = number(1, 256);
  const double rate = number(2, 50);
  const double rounds = number(3, 7);
  if (connections < 1 || connections > 4000 || rate <= 0 || rounds < 1) {
    fmt::print(stderr, "io_uring_bench [connections] [events_per_second] [rounds]\n");
    return 2;
  }
  return roofscape::bench::Main(static_cast<std::size_t>(connections), rate,
                                static_cast<int>(rounds));
}
