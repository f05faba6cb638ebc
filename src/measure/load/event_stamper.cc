#include "measure/load/event_stamper.h"

#include <algorithm>
#include <limits>

namespace roofscape::load {
namespace {

/// Never 0: a clock has a grain.
std::uint32_t Width(Nanos width) {
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(width.count(), 1, std::numeric_limits<std::uint32_t>::max()));
}

/// An event that its read ends with.
std::uint32_t ExactWidth(const net::ReadInfo& read) {
  if (read.by_kernel) return Width(2 * read.grain);
  return Width(read.stamp - std::max(read.not_before, read.ready_after));
}

std::uint32_t SharedWidth(const net::ReadInfo& read) {
  return Width(read.arrived - read.not_before);
}

}  // namespace

void EventStamper::Place(const net::ReadInfo& read, bool widen, std::vector<spec::Event>& events,
                         spec::Event& event) const {
  // The interval is (time - uncertainty, time]; a kernel stamp is true to either side.
  const Nanos late = read.by_kernel ? read.grain : Nanos{0};
  event.time_ns = (read.arrived + late - epoch_).count();
  event.read = read.read_index;
  event.uncertainty_ns = ExactWidth(read);
  if (events.empty()) return;
  if (widen) WidenLast(read, events);
  // Reads come in order: an event cannot be earlier than the one before.
  event.time_ns = std::max(event.time_ns, events.back().time_ns);
}

void EventStamper::WidenLast(const net::ReadInfo& read, std::vector<spec::Event>& events) {
  std::uint32_t& width = events.back().uncertainty_ns;
  width = std::max(width, SharedWidth(read));
}

}  // namespace roofscape::load
