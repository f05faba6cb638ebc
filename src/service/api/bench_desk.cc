#include "service/api/bench_desk.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "service/api/token.h"
#include "service/fleet/file.h"
#include "service/fleet/process.h"

namespace roofscape::api {
namespace {

constexpr std::size_t kKept = 10;  // Ended ones.
constexpr Nanos kLookEvery = std::chrono::milliseconds(100);
constexpr std::size_t kMaxMessage = 500;
constexpr std::size_t kTagBytes = 6;
constexpr int kInstrumentInvalid = 3;  // What bench ends with where its own audit refuses a point.

std::string MakeFolder() {
  std::error_code error;
  std::string pattern = std::filesystem::temp_directory_path(error) / "roofscape-queue-XXXXXX";
  return error || mkdtemp(pattern.data()) == nullptr ? "" : pattern;
}

/// What the program said last: its error stands there.
std::string LastWords(const std::string& log) {
  const auto text = fleet::ReadFile(log);
  if (!text) return "";
  std::vector<std::string> lines = Split(*text, '\n');
  while (!lines.empty() && Trim(lines.back()).empty()) lines.pop_back();
  return lines.empty() ? "" : Printable(lines.back(), kMaxMessage);
}

Json TimeJson(WallTime time) { return time.unix_us == 0 ? Json(nullptr) : Json(time.ToIso()); }

}  // namespace

BenchDesk::BenchDesk(BenchDeskOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      folder_(MakeFolder()),
      thread_([this] { Work(); }) {}

std::string_view BenchDesk::NameOf(State state) {
  switch (state) {
    case State::kWaiting: return "waiting";
    case State::kRunning: return "running";
    case State::kStopping: return "stopping";
    case State::kDone: return "done";
    case State::kFailed: return "failed";
    case State::kCancelled: return "cancelled";
  }
  return "";
}

bool BenchDesk::HasEnded(State state) {
  return state == State::kDone || state == State::kFailed || state == State::kCancelled;
}

Json BenchDesk::JsonOf(const Entry& entry) {
  return {{"id", entry.id},
          {"state", NameOf(entry.state)},
          {"asked", TimeJson(entry.asked)},
          {"began", TimeJson(entry.began)},
          {"ended", TimeJson(entry.ended)},
          {"message", entry.message.empty() ? Json(nullptr) : Json(entry.message)},
          {"run", nullptr},
          {"bench", ToJson(entry.request)}};
}

Result<Json> BenchDesk::Add(const BenchRequest& request) {
  // Unlike those of any server before it: a label in the store says which run is whose.
  RS_ASSIGN_OR_RETURN(const std::string tag, MakeToken());
  Json json;
  {
    const std::scoped_lock lock(mutex_);
    const auto waiting = std::count_if(entries_.begin(), entries_.end(), [](const Entry& entry) {
      return entry.state == State::kWaiting;
    });
    if (stop_ || static_cast<std::size_t>(waiting) >= kMaxWaiting) {
      return Error{ErrorCode::kUnavailable,
                   fmt::format("{} runs wait already: take one off, or ask again later", waiting)};
    }
    Entry entry;
    entry.id = fmt::format("q{}-{}", ++next_, tag.substr(0, kTagBytes));
    entry.request = request;
    entry.asked = clock_.Wall();
    json = JsonOf(entry);
    entries_.push_back(std::move(entry));
  }
  changed_.notify_all();
  return json;
}

BenchDesk::Entry* BenchDesk::Find(std::string_view id) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.id == id; });
  return found == entries_.end() ? nullptr : &*found;
}

Result<Json> BenchDesk::Cancel(std::string_view id) {
  Json json;
  {
    const std::scoped_lock lock(mutex_);
    Entry* const entry = Find(id);
    if (entry == nullptr) {
      return Error{
          ErrorCode::kNotFound,
          fmt::format("queue: there is no '{}': /api/v1/queue has them all", Printable(id, 40))};
    }
    if (entry->state == State::kWaiting) {
      entry->state = State::kCancelled;
      entry->ended = clock_.Wall();
    } else if (entry->state == State::kRunning) {
      entry->state = State::kStopping;
    }
    json = JsonOf(*entry);
    Forget();
  }
  changed_.notify_all();
  return json;
}

std::vector<Json> BenchDesk::Entries() const {
  const std::scoped_lock lock(mutex_);
  std::vector<Json> all;
  all.reserve(entries_.size());
  for (const Entry& entry : entries_) all.push_back(JsonOf(entry));
  return all;
}

/// Of the ended ones the last few are enough.
void BenchDesk::Forget() {
  const auto ended = [](const Entry& entry) { return HasEnded(entry.state); };
  auto many = std::count_if(entries_.begin(), entries_.end(), ended);
  while (many-- > static_cast<std::ptrdiff_t>(kKept)) {
    entries_.erase(std::find_if(entries_.begin(), entries_.end(), ended));
  }
}

void BenchDesk::Stop() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

void BenchDesk::Work() {
  while (true) {
    std::string id;
    BenchRequest request;
    {
      std::unique_lock lock(mutex_);
      const auto next = [&] {
        return std::find_if(entries_.begin(), entries_.end(),
                            [](const Entry& entry) { return entry.state == State::kWaiting; });
      };
      changed_.wait(lock, [&] { return stop_ || next() != entries_.end(); });
      if (stop_) return;
      Entry& entry = *next();
      entry.state = State::kRunning;
      entry.began = clock_.Wall();
      id = entry.id;
      request = entry.request;
    }
    RunOne(id, request);
  }
}

bool BenchDesk::WantsStop(std::string_view id) const {
  const std::scoped_lock lock(mutex_);
  return stop_ || std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
           return entry.id == id && entry.state == State::kStopping;
         });
}

void BenchDesk::RunOne(const std::string& id, const BenchRequest& request) {
  fleet::ChildOptions child;
  child.command = {options_.program};
  for (std::string& word : ArgumentsOf(request)) child.command.push_back(std::move(word));
  child.command.push_back(fmt::format("--label={}={}", kLabel, id));
  // The key of whoever started this server is none of theirs who ask it.
  child.env = {{"ROOFSCAPE_DB", options_.database}, {"OPENAI_API_KEY", ""}, {"NO_COLOR", "1"}};
  child.log = folder_ + "/log";
  if (folder_.empty()) {
    return End(id, State::kFailed, "there is no folder for temporary files: set TMPDIR to one");
  }
  std::error_code ignored;
  std::filesystem::remove(child.log, ignored);
  auto process = fleet::Child::Start(child);
  if (!process) return End(id, State::kFailed, process.error().message);
  while (process->Running()) {
    if (WantsStop(id)) {
      process->Stop(options_.grace, clock_);
      return End(id, State::kCancelled, "");
    }
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kLookEvery);
  }
  const std::string end = process->EndText();
  if (end == "ended with status 0" ||
      end == fmt::format("ended with status {}", kInstrumentInvalid)) {
    return End(id, State::kDone, "");
  }
  const std::string words = LastWords(child.log);
  End(id, State::kFailed, words.empty() ? "roofscape bench " + end : words);
}

void BenchDesk::End(std::string_view id, State state, std::string message) {
  const std::scoped_lock lock(mutex_);
  if (Entry* const entry = Find(id); entry != nullptr) {
    entry->state = state;
    entry->ended = clock_.Wall();
    entry->message = std::move(message);
  }
  Forget();
}

}  // namespace roofscape::api
