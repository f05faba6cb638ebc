#include "service/twin/truth_log.h"

#include <iterator>

#include <fmt/format.h>

namespace roofscape::twin {

void TruthLog::Add(TruthRequest request) {
  const auto events = static_cast<std::int64_t>(request.events.size());
  if (events > room_) {
    whole_ = false;
    return;
  }
  room_ -= events;
  requests_.push_back(std::move(request));
}

std::string TruthLog::CsvHead() {
  return "request,arrival_ns,by_kernel,event,kind,tokens,due_ns,before_ns,after_ns\n";
}

void TruthLog::AppendCsv(std::string& out) const {
  for (const TruthRequest& request : requests_) {
    for (std::size_t i = 0; i < request.events.size(); ++i) {
      const TruthEvent& event = request.events[i];
      fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{},{},{}\n", request.id,
                     request.arrival_ns, request.by_kernel ? 1 : 0, i, spec::Name(event.kind),
                     event.tokens, event.due_ns, event.before_ns, event.after_ns);
    }
  }
}

}  // namespace roofscape::twin
