#include "service/fleet/daemon.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/document.h"

namespace roofscape::fleet {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
/// Between two tries to send what could not be sent, and how long it is tried.
constexpr std::int64_t kSendAgainUs = 300 * kSecondUs;
constexpr std::int64_t kSendUntilUs = 86'400 * kSecondUs;

/// What of a stored report is to be sent.
struct Message {
  std::vector<std::string> channels;
  std::string subject, text;
};

Result<Message> MessageOf(const Occasion& occasion) {
  RS_ASSIGN_OR_RETURN(
      const Document document,
      ParseJson(occasion.report, fmt::format("report of occasion {}", occasion.number)));
  ObjectReader reader(document);
  Message message;
  reader.Optional("tell", message.channels);
  reader.Optional("subject", message.subject);
  reader.Optional("text", message.text);
  return message;
}

WallTime After(WallTime time, double seconds) {
  return {time.unix_us + static_cast<std::int64_t>(seconds * static_cast<double>(kSecondUs))};
}

std::string Shown(const Due& due) {
  std::string text = fmt::format("{}, due {}", Name(due.cause), due.at.ToIso());
  if (due.missed > 0) text += fmt::format(", {} earlier times missed", due.missed);
  return text;
}

}  // namespace

Daemon::Daemon(std::vector<WatchedEntry> entries, store::DaemonLog& log, DaemonHands& hands,
               Owner me, bool once, Tell tell, const Clock& clock)
    : log_(log),
      hands_(hands),
      me_(std::move(me)),
      once_(once),
      tell_(std::move(tell)),
      clock_(clock) {
  for (WatchedEntry& entry : entries) {
    Watched watched;
    watched.entry = std::move(entry.entry);
    watched.zone = std::move(entry.zone);
    entries_.push_back(std::move(watched));
  }
}

Result<> Daemon::Step() {
  std::optional<Error> first;
  for (Watched& one : entries_) {
    const Result<> done = StepEntry(one);
    if (done) continue;
    if (done.error().code == ErrorCode::kCancelled) return done.error();
    Trouble(one, done.error().message);
    if (!first) first = done.error();
  }
  if (first) return *first;
  return {};
}

std::optional<WallTime> Daemon::NextLook() const {
  std::optional<WallTime> next;
  const auto consider = [&next](std::optional<WallTime> time) {
    if (time && (!next || *time < *next)) next = time;
  };
  for (const Watched& one : entries_) {
    const auto times = NextTimes(one.entry, one.zone, clock_.Wall(), 1);
    if (!times.empty()) consider(times.front());
    consider(one.next_ask);
  }
  return next;
}

void Daemon::Trouble(Watched& one, const std::string& text) {
  if (text == one.told) return;
  one.told = text;
  tell_(fmt::format("{}: {}", one.entry.name, text));
}

Result<> Daemon::Sync(Watched& one) {
  RS_ASSIGN_OR_RETURN(const std::vector<store::DaemonEvent> events,
                      log_.EventsAfter(one.entry.name, one.state.last_event));
  for (const store::DaemonEvent& event : events) RS_RETURN_IF_ERROR(one.state.Apply(event));
  return {};
}

Result<bool> Daemon::Append(Watched& one, const store::DaemonEvent& event) {
  RS_ASSIGN_OR_RETURN(const bool added, log_.Append(one.entry.name, one.state.last_event, event));
  RS_RETURN_IF_ERROR(Sync(one));
  return added;
}

Result<> Daemon::StepEntry(Watched& one) {
  RS_RETURN_IF_ERROR(Sync(one));
  const WallTime now = clock_.Wall();
  const EntrySettings settings = EntrySettings::Of(one.entry);
  // Told once a daemon: two whose configurations differ would tell for ever.
  // Not in the middle of another's run: one of an older version could not read it, and would never
  // end what it has begun.
  const Occasion* const running = one.state.Open();
  const bool others = running != nullptr && running->owner != me_;
  if (!one.state.seen || (!one.introduced && !others && one.state.settings != settings)) {
    RS_ASSIGN_OR_RETURN(const bool met, Append(one, daemon_events::Seen(settings, now)));
    if (!met) return {};
  }
  one.introduced = one.introduced || !others;
  RS_RETURN_IF_ERROR(Deliver(one));
  if (const Occasion* open = one.state.Open()) {
    const bool mine = open->owner == me_;
    RS_ASSIGN_OR_RETURN(const bool gone,
                        mine ? Result<bool>(true) : hands_.IsGone(one.entry, *open));
    if (!gone) return {};
    RS_ASSIGN_OR_RETURN(const bool taken, Append(one, daemon_events::Taken(me_, now)));
    if (!taken) return {};
    tell_(fmt::format("{}: goes on with occasion {}, which was not ended", one.entry.name,
                      one.state.Open()->number));
    return Run(one, true);
  }
  RS_ASSIGN_OR_RETURN(std::optional<Due> due, Ask(one));
  if (!due) due = DueBySchedule(one.entry, one.zone, one.state, now, once_);
  if (!due) return {};
  RS_ASSIGN_OR_RETURN(const bool begun, Append(one, daemon_events::Begun(*due, me_, now)));
  if (!begun) return {};  // Another daemon decided at the same time.
  tell_(fmt::format("{}: occasion {} begins ({})", one.entry.name, one.state.Open()->number,
                    Shown(*due)));
  return Run(one, false);
}

Result<std::optional<Due>> Daemon::Ask(Watched& one) {
  if (!one.entry.release) return std::optional<Due>();
  const WallTime now = clock_.Wall();
  if (!once_ && one.next_ask && now < *one.next_ask) return std::optional<Due>();
  one.next_ask = After(now, one.entry.release->every_s);
  auto answer = hands_.AskRelease(one.entry);
  if (!answer) {
    if (answer.error().code == ErrorCode::kCancelled) return answer.error();
    Trouble(one, answer.error().In("release").message);  // It is asked again; the schedule goes on.
    return std::optional<Due>();
  }
  if (one.state.release) return DueByRelease(one.state, *answer, now);
  RS_ASSIGN_OR_RETURN(const bool known, Append(one, daemon_events::Release(*answer, now)));
  static_cast<void>(known);  // Others have told it.
  return std::optional<Due>();
}

Result<> Daemon::Run(Watched& one, bool taken_over) {
  const Occasion occasion = *one.state.Open();
  OccasionReport report;
  report.entry = one.entry.name;
  report.number = occasion.number;
  report.due = occasion.due;
  report.begun = occasion.begun;
  report.taken_over = taken_over;
  RS_ASSIGN_OR_RETURN(report.broken, hands_.Sweep(one.entry, occasion));
  if (const Result<> looked = hands_.Examine(one.entry, one.state, report); !looked) {
    if (!report.broken) {
      report.broken = Failure{"store", looked.error().message, "mend what the message names"};
    }
  }
  if (!one.entry.publish.folder.empty() && report.done > 0) {
    const Result<> published = hands_.Publish(one.entry);
    if (published) {
      report.published = one.entry.publish.folder;
    } else if (!report.broken) {
      report.broken = Failure{"publish", published.error().message, ""};
    }
  }
  return End(one, report);
}

Result<> Daemon::End(Watched& one, OccasionReport& report) {
  report.ended = clock_.Wall();
  if (IsWorthTelling(report, one.entry.tell)) {
    const TellSettings& tell = one.entry.tell;
    if (!tell.webhook.empty() || !tell.webhook_env.empty()) report.tell.emplace_back("webhook");
    if (!tell.email.empty()) report.tell.emplace_back("email");
  }
  while (true) {
    const Occasion* open = one.state.Open();
    if (open == nullptr || open->number != report.number || open->owner != me_) {
      return Error{ErrorCode::kUnavailable,
                   fmt::format("occasion {}: another daemon has taken it over meanwhile: let one "
                               "look after the entry",
                               report.number)};
    }
    RS_ASSIGN_OR_RETURN(const bool ended,
                        Append(one, daemon_events::Ended(ToJson(report), report.ended)));
    if (ended) break;
  }
  reports_.push_back(report);
  tell_(TextOf(report));
  if (!one.entry.tell.junit.empty()) {
    if (const Result<> written = hands_.WriteJunit(one.entry, JunitText(report)); !written) {
      Trouble(one, written.error().message);
    }
  }
  one.next_send = WallTime{};
  return Deliver(one);
}

Result<> Daemon::Deliver(Watched& one) {
  const WallTime now = clock_.Wall();
  if (now < one.next_send) return {};
  const std::vector<Occasion> occasions = one.state.occasions;
  for (const Occasion& occasion : occasions) {
    if (!occasion.ended || now.unix_us - occasion.ended->unix_us > kSendUntilUs) continue;
    RS_ASSIGN_OR_RETURN(const Message message, MessageOf(occasion));
    for (const std::string& channel : message.channels) {
      if (occasion.told.contains(channel)) continue;
      const Result<> sent = hands_.Send(one.entry, channel, message.subject, message.text);
      if (!sent) {
        one.next_send = WallTime{now.unix_us + kSendAgainUs};
        Trouble(one, sent.error().In(channel).message);
        continue;
      }
      while (true) {
        RS_ASSIGN_OR_RETURN(const bool told,
                            Append(one, daemon_events::Told(occasion.number, channel, now)));
        if (told) break;
      }
    }
  }
  return {};
}

}  // namespace roofscape::fleet
