// EncodeRequestLog and DecodeRequestLog. The format is described in docs/reference/request-log.md.

#include <array>

#include <fmt/format.h>

#include "domain/spec/request_log.h"

namespace roofscape::spec {
namespace {

constexpr std::string_view kMagic = "RSRL";
constexpr std::uint64_t kFormatVersion = 1;

std::uint64_t ZigZag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63);
}

std::int64_t UnZigZag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1U) ^ (~(value & 1U) + 1U));
}

class Writer {
 public:
  explicit Writer(std::string* out) : out_(out) {}

  void Unsigned(std::uint64_t value) {
    while (value >= 0x80U) {
      out_->push_back(static_cast<char>(value | 0x80U));
      value >>= 7U;
    }
    out_->push_back(static_cast<char>(value));
  }

  void Bytes(std::string_view bytes) {
    Unsigned(bytes.size());
    out_->append(bytes);
  }

 private:
  std::string* out_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t Unsigned() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64U; shift += 7U) {
      if (at_ >= bytes_.size()) return Bad();
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if ((byte & 0x80U) == 0) return value;
    }
    return Bad();
  }

  std::string_view Bytes() {
    const std::uint64_t size = Unsigned();
    if (size > Left()) {
      Bad();
      return {};
    }
    const std::string_view taken = bytes_.substr(at_, size);
    at_ += size;
    return taken;
  }

  bool ok() const { return ok_; }
  std::size_t Left() const { return bytes_.size() - at_; }

 private:
  std::uint64_t Bad() {
    ok_ = false;
    at_ = bytes_.size();
    return 0;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

/// The columns of a request, one visitor call each, in the order of the format. Enumerations pass
/// as integers; `first_event` is not stored: it is the running sum of the counts.
template <class RequestType, class Visitor>
void ForEachRequestColumn(Visitor&& visit) {
  visit([](RequestType& r) -> auto& { return r.id; });
  visit([](RequestType& r) -> auto& { return r.slot; });
  visit([](RequestType& r) -> auto& { return r.session; });
  visit([](RequestType& r) -> auto& { return r.turn; });
  visit([](RequestType& r) -> auto& { return r.phase; });
  visit([](RequestType& r) -> auto& { return r.outcome; });
  visit([](RequestType& r) -> auto& { return r.http_status; });
  visit([](RequestType& r) -> auto& { return r.intended_ns; });
  visit([](RequestType& r) -> auto& { return r.connect_ns; });
  visit([](RequestType& r) -> auto& { return r.sent_ns; });
  visit([](RequestType& r) -> auto& { return r.tx_ns; });
  visit([](RequestType& r) -> auto& { return r.end_ns; });
  visit([](RequestType& r) -> auto& { return r.input_tokens_asked; });
  visit([](RequestType& r) -> auto& { return r.output_tokens_asked; });
  visit([](RequestType& r) -> auto& { return r.input_tokens; });
  visit([](RequestType& r) -> auto& { return r.cached_tokens; });
  visit([](RequestType& r) -> auto& { return r.output_tokens; });
  visit([](RequestType& r) -> auto& { return r.token_source; });
  visit([](RequestType& r) -> auto& { return r.message; });
  visit([](RequestType& r) -> auto& { return r.text; });
  visit([](RequestType& r) -> auto& { return r.event_count; });
}

template <class EventType, class Visitor>
void ForEachEventColumn(Visitor&& visit) {
  visit([](EventType& e) -> auto& { return e.time_ns; });
  visit([](EventType& e) -> auto& { return e.uncertainty_ns; });
  visit([](EventType& e) -> auto& { return e.read; });
  visit([](EventType& e) -> auto& { return e.chars; });
  visit([](EventType& e) -> auto& { return e.tokens; });
  visit([](EventType& e) -> auto& { return e.kind; });
}

// Unsigned arithmetic wraps, so that even kNoStamp beside a real stamp has a difference.
std::int64_t Difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t Sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

template <class Rows, class Column>
void WriteColumn(Writer& writer, const Rows& rows, Column column) {
  std::int64_t previous = 0;
  for (const auto& row : rows) {
    const auto value = static_cast<std::int64_t>(column(row));
    writer.Unsigned(ZigZag(Difference(value, previous)));
    previous = value;
  }
}

/// False when a value does not fit the field it is for.
template <class Rows, class Column>
bool ReadColumn(Reader& reader, Rows& rows, Column column) {
  std::int64_t previous = 0;
  for (auto& row : rows) {
    previous = Sum(previous, UnZigZag(reader.Unsigned()));
    auto& field = column(row);
    field = static_cast<std::remove_reference_t<decltype(field)>>(previous);
    if (static_cast<std::int64_t>(field) != previous) return false;
  }
  return reader.ok();
}

Error Corrupt(std::string_view why) {
  return Error{
      ErrorCode::kProtocol,
      fmt::format("request log is damaged: {}. The rest of the run can still be read", why)};
}

bool IndexFits(std::int64_t index, std::size_t size) {
  return index == kUnknown || (index >= 0 && static_cast<std::uint64_t>(index) < size);
}

/// Fills first_event and checks what the columns alone cannot.
Result<> CheckRows(RequestLog& log) {
  std::int64_t next_event = 0;
  for (Request& request : log.requests) {
    const auto left = static_cast<std::int64_t>(log.events.size()) - next_event;
    if (request.event_count < 0 || request.event_count > left) {
      return Corrupt("a request points outside the events");
    }
    request.first_event = next_event;
    next_event += request.event_count;
    if (!IndexFits(request.message, log.strings.size()) ||
        !IndexFits(request.text, log.strings.size())) {
      return Corrupt("a request points outside the strings");
    }
    if (request.outcome > Outcome::kClient || request.phase > Phase::kMeasure ||
        request.token_source > TokenSource::kEventCount) {
      return Corrupt("an unknown outcome, phase or token source");
    }
  }
  if (next_event != static_cast<std::int64_t>(log.events.size())) {
    return Corrupt("events that belong to no request");
  }
  for (const Event& event : log.events) {
    if (event.kind > EventKind::kComment) return Corrupt("an unknown kind of event");
  }
  return {};
}

/// Requests whose events lie one behind the other from 0 on, as the format wants them.
bool IsPacked(const RequestLog& log) {
  std::int64_t next = 0;
  for (const Request& request : log.requests) {
    if (request.first_event != next) return false;
    next += request.event_count;
  }
  return next == static_cast<std::int64_t>(log.events.size());
}

RequestLog Pack(const RequestLog& log) {
  RequestLog packed;
  packed.strings = log.strings;
  for (Request request : log.requests) {
    const auto events = log.EventsOf(request);
    request.first_event = static_cast<std::int64_t>(packed.events.size());
    packed.events.insert(packed.events.end(), events.begin(), events.end());
    packed.requests.push_back(request);
  }
  return packed;
}

}  // namespace

std::string EncodeRequestLog(const RequestLog& log) {
  if (!IsPacked(log)) return EncodeRequestLog(Pack(log));
  std::string out(kMagic);
  Writer writer(&out);
  writer.Unsigned(kFormatVersion);
  writer.Unsigned(log.requests.size());
  writer.Unsigned(log.events.size());
  writer.Unsigned(log.strings.size());
  ForEachRequestColumn<const Request>(
      [&](auto column) { WriteColumn(writer, log.requests, column); });
  ForEachEventColumn<const Event>([&](auto column) { WriteColumn(writer, log.events, column); });
  for (const std::string& text : log.strings) writer.Bytes(text);
  return out;
}

Result<RequestLog> DecodeRequestLog(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return Corrupt("it does not begin with 'RSRL'");
  Reader reader(bytes.substr(kMagic.size()));
  const std::uint64_t version = reader.Unsigned();
  if (version != kFormatVersion) {
    return Error{ErrorCode::kProtocol,
                 fmt::format("request log has format {}, this Roofscape reads format {}: update "
                             "Roofscape",
                             version, kFormatVersion)};
  }
  std::array<std::uint64_t, 3> counts{};
  for (std::uint64_t& count : counts) {
    count = reader.Unsigned();
    // Each row costs at least a byte, so a larger count is a lie: never allocate for it.
    if (count > reader.Left()) return Corrupt("it claims more rows than it has bytes");
  }
  RequestLog log;
  log.requests.resize(counts[0]);
  log.events.resize(counts[1]);
  bool fits = true;
  ForEachRequestColumn<Request>(
      [&](auto column) { fits = fits && ReadColumn(reader, log.requests, column); });
  ForEachEventColumn<Event>(
      [&](auto column) { fits = fits && ReadColumn(reader, log.events, column); });
  if (!fits) return Corrupt("a column ends early or holds a value out of range");
  log.strings.reserve(counts[2]);
  for (std::uint64_t i = 0; i < counts[2]; ++i) log.strings.emplace_back(reader.Bytes());
  if (!reader.ok() || reader.Left() != 0) return Corrupt("it ends early or late");
  RS_RETURN_IF_ERROR(CheckRows(log));
  return log;
}

}  // namespace roofscape::spec
