#include "results/store/log_writer.h"

#include <iterator>
#include <utility>

namespace roofscape::store {
namespace {

// Pieces of one point are stored together up to so many events: larger chunks compress better, but
// one row must stay far below SQLite's limit of 1 GB.
constexpr std::size_t kMostEventsAChunk = 1'000'000;

}  // namespace

LogWriter::LogWriter(Store& store, std::chrono::milliseconds interval)
    : store_(&store), interval_(interval), thread_([this] { Work(); }) {}

LogWriter::~LogWriter() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

Result<> LogWriter::Push(const PointId& point, spec::RequestLog rows) {
  const std::scoped_lock lock(mutex_);
  pushed_.push_back({point, std::move(rows)});
  if (error_) return *error_;
  return {};
}

Result<> LogWriter::Flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t round = ++rounds_asked_;
  wake_.notify_one();
  flushed_.wait(lock, [&] { return rounds_done_ >= round; });
  if (error_) return *error_;
  return {};
}

std::optional<Error> LogWriter::StorePieces(std::vector<Piece>& pieces) {
  std::size_t done = 0;
  std::optional<Error> error;
  while (done < pieces.size() && !error) {
    const PointId& point = pieces[done].point;
    spec::RequestLog together = pieces[done].rows;
    std::size_t next = done + 1;
    while (next < pieces.size() && pieces[next].point == point &&
           together.events.size() + pieces[next].rows.events.size() <= kMostEventsAChunk) {
      together.Append(pieces[next++].rows);
    }
    if (const Result<> stored = store_->AppendLog(point, together); !stored) {
      error = stored.error();
    } else {
      done = next;
    }
  }
  pieces.erase(pieces.begin(), std::next(pieces.begin(), static_cast<std::ptrdiff_t>(done)));
  return error;
}

void LogWriter::Work() {
  std::vector<Piece> unsaved;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait_for(lock, interval_, [&] { return stopping_ || rounds_asked_ > rounds_done_; });
    const std::uint64_t round = rounds_asked_;
    const bool last = stopping_;
    unsaved.insert(unsaved.end(), std::make_move_iterator(pushed_.begin()),
                   std::make_move_iterator(pushed_.end()));
    pushed_.clear();
    lock.unlock();
    std::optional<Error> error = StorePieces(unsaved);
    lock.lock();
    error_ = std::move(error);
    rounds_done_ = round;
    flushed_.notify_all();
    if (last) return;
  }
}

}  // namespace roofscape::store
