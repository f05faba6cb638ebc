#include "cli/request_csv.h"

#include <iterator>

#include <fmt/format.h>

#include "cli/table.h"
#include "domain/metrics/request_metrics.h"

namespace roofscape::cli {
namespace {

std::string Count(std::int64_t value) {
  return value == spec::kUnknown ? "" : fmt::format("{}", value);
}

std::string Stamp(std::int64_t time_ns) {
  if (time_ns == spec::kNoStamp) return "";
  return fmt::format("{:.9f}", static_cast<double>(time_ns) * 1e-9);
}

}  // namespace

std::string RequestCsvHeader() {
  return "point,id,slot,phase,outcome,http_status,intended_s,connect_s,sent_s,tx_s,end_s,"
         "input_tokens_asked,output_tokens_asked,input_tokens,cached_tokens,output_tokens,"
         "token_source,event_tokens,events,ttft_s,tpot_s,e2e_s,message\n";
}

std::string RequestCsvRows(std::int64_t point, const spec::RequestLog& log) {
  std::string out;
  for (const spec::Request& request : log.requests) {
    const auto events = log.EventsOf(request);
    std::int64_t event_tokens = 0;
    for (const spec::Event& event : events) event_tokens += event.tokens;
    const metrics::RequestMetrics m = metrics::ComputeRequest(request, events);
    out += fmt::format("{},{},{},{},{},{},{},{:.9f},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                       point, request.id, Count(request.slot),
                       request.phase == spec::Phase::kWarmup ? "warmup" : "measure",
                       Name(request.outcome), request.http_status, Stamp(request.intended_ns),
                       static_cast<double>(request.connect_ns) * 1e-9, Stamp(request.sent_ns),
                       Stamp(request.tx_ns), Stamp(request.end_ns),
                       Count(request.input_tokens_asked), Count(request.output_tokens_asked),
                       Count(request.input_tokens), Count(request.cached_tokens),
                       Count(request.output_tokens), Name(request.token_source), event_tokens,
                       events.size(), FormatExact(m.ttft_s), FormatExact(m.tpot_s),
                       FormatExact(m.e2e_s), CsvField(log.StringAt(request.message)));
  }
  return out;
}

std::string TextCsvHeader() { return "point,id,text\n"; }

std::string TextCsvRows(std::int64_t point, const spec::RequestLog& log) {
  std::string out;
  for (const spec::Request& request : log.requests) {
    if (request.text == spec::kUnknown) continue;
    fmt::format_to(std::back_inserter(out), "{},{},{}\n", point, request.id,
                   CsvField(log.StringAt(request.text)));
  }
  return out;
}

std::string EventCsvHeader() {
  return "point,request,event,kind,tokens,chars,time_s,uncertainty_s,read\n";
}

std::string EventCsvRows(std::int64_t point, const spec::RequestLog& log) {
  std::string out;
  for (const spec::Request& request : log.requests) {
    std::int64_t index = 0;
    for (const spec::Event& event : log.EventsOf(request)) {
      fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{},{:.9f},{}\n", point, request.id,
                     index++, Name(event.kind), event.tokens, event.chars, Stamp(event.time_ns),
                     static_cast<double>(event.uncertainty_ns) * 1e-9, event.read);
    }
  }
  return out;
}

}  // namespace roofscape::cli
