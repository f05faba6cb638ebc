#include "model/sim/log_writer.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roofscape::sim {
namespace {

constexpr std::int64_t kMostTokensAnEvent = 65535;
constexpr std::string_view kCacheSmall =
    "prompt and answer are longer than the cache of a worker holds";
constexpr std::string_view kPromptLong =
    "the prompt is longer than a step takes, and is not cut into pieces";

spec::Event EventOf(std::int64_t time_ns, std::uint32_t read, std::int64_t tokens) {
  spec::Event event;
  event.time_ns = time_ns;
  event.read = read;
  event.tokens = static_cast<std::uint16_t>(tokens);
  return event;
}

spec::Request RowOf(const Completion& completion) {
  spec::Request row;
  row.id = completion.id;
  row.slot = completion.tag;
  row.http_status = completion.refused ? 400 : 200;
  row.outcome = completion.refused ? spec::Outcome::kHttpError : spec::Outcome::kOk;
  row.intended_ns = row.sent_ns = completion.arrival_ns;
  row.end_ns = completion.end_ns;
  row.input_tokens_asked = row.input_tokens = completion.input;
  row.output_tokens_asked = row.output_tokens = completion.output;
  row.cached_tokens = completion.cached;
  row.token_source = spec::TokenSource::kTokenIds;
  return row;
}

void AddFirstAndLast(const Completion& completion, std::vector<spec::Event>& events) {
  events.push_back(EventOf(completion.first_token_ns, 0, 1));
  for (std::int64_t left = completion.output - 1; left > 0; left -= kMostTokensAnEvent) {
    events.push_back(EventOf(completion.end_ns, 1, std::min(left, kMostTokensAnEvent)));
  }
}

}  // namespace

void LogWriter::OnTokens(std::int64_t id, std::span<const TokenEvent> events) {
  row_.events.clear();
  if (!on_row && !Taken(id)) return;
  for (const TokenEvent& e : events) {
    const auto read = static_cast<std::uint32_t>(row_.events.size());
    row_.events.push_back(EventOf(e.time_ns, read, e.tokens));
  }
}

void LogWriter::OnCompletion(const Completion& completion) {
  if (!on_row && !Taken(completion.id)) return;
  if (row_.events.empty() && !completion.refused) AddFirstAndLast(completion, row_.events);
  row_.requests.assign(1, RowOf(completion));
  row_.requests[0].event_count = std::ssize(row_.events);
  row_.strings.clear();
  if (completion.refused) {
    row_.requests[0].message = 0;
    row_.strings.emplace_back(completion.prompt_long ? kPromptLong : kCacheSmall);
  }
  if (on_row) on_row(row_);
  if (Taken(completion.id)) Hold();
  row_.events.clear();
}

void LogWriter::Hold() {
  // More than once where those that ended first were mostly those that stay.
  while (log_.requests.size() >= most_rows_) Thin();
  if (!Taken(row_.requests[0].id)) return;
  spec::Request row = row_.requests[0];
  row.first_event = std::ssize(log_.events);
  if (!row_.strings.empty()) {
    const auto known = std::find(log_.strings.begin(), log_.strings.end(), row_.strings[0]);
    row.message = known - log_.strings.begin();
    if (known == log_.strings.end()) log_.strings.push_back(row_.strings[0]);
  }
  log_.requests.push_back(row);
  log_.events.insert(log_.events.end(), row_.events.begin(), row_.events.end());
}

void LogWriter::Thin() {
  every_ *= 2;
  std::size_t rows = 0;
  std::int64_t events = 0;
  for (const spec::Request& old : log_.requests) {
    if (!Taken(old.id)) continue;
    spec::Request row = old;
    row.first_event = events;
    // Rows stand in the order of their events: what is moved moves to the front.
    const auto of_row = log_.EventsOf(old);
    if (old.first_event != events) {
      std::copy(of_row.begin(), of_row.end(), log_.events.begin() + events);
    }
    events += row.event_count;
    log_.requests[rows++] = row;
  }
  log_.requests.resize(rows);
  log_.events.resize(static_cast<std::size_t>(events));
}

spec::RequestLog LogWriter::Take() {
  std::sort(log_.requests.begin(), log_.requests.end(),
            [](const spec::Request& a, const spec::Request& b) { return a.id < b.id; });
  // Numbers with gaps would say that rows are lost.
  if (every_ > 1) {
    for (spec::Request& row : log_.requests) row.id /= every_;
  }
  return std::exchange(log_, {});
}

}  // namespace roofscape::sim
