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

void EventStamper::Stamp(const net::ReadInfo& read, std::vector<spec::Event>& events,
                         spec::Event& event) {
  // The interval is (time - uncertainty, time]; a kernel stamp is true to either side.
  const Nanos late = read.by_kernel ? read.grain : Nanos{0};
  event.time_ns = (read.arrived + late - epoch_).count();
  event.read = read.read_index;
  event.uncertainty_ns = ExactWidth(read);
  if (!events.empty() && events.back().read == event.read) {
    Widen(SharedWidth(read), events.back());
    // Reads come in order: an event cannot be earlier than the one before.
    event.time_ns = std::max(event.time_ns, events.back().time_ns);
  }
}

void EventStamper::EndOfRead(const net::ReadInfo& read, std::vector<spec::Event>& events,
                             bool partial) {
  if (!partial || events.empty() || events.back().read != read.read_index) return;
  Widen(SharedWidth(read), events.back());
}

void EventStamper::Widen(std::uint32_t width, spec::Event& event) {
  event.uncertainty_ns = std::max(event.uncertainty_ns, width);
}

}  // namespace roofscape::load
