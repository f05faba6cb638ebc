// What `simulate` writes beside its table, as the run goes on: a row a request, and queue, batch
// and cache over time. Nothing of it is kept in memory.
//
// Thread safety: one thread.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/core/result.h"
#include "cli/write_file.h"
#include "domain/spec/request_log.h"
#include "model/sim/simulator.h"

namespace roofscape::cli {

class SimulateFiles {
 public:
  /// Empty paths: not asked for. Errors are those of WholeFile.
  static Result<SimulateFiles> Create(const std::string& requests_csv, const std::string& series);

  bool wants_requests() const { return requests_.has_value(); }

  /// The rows of a whole log.
  void WriteRequests(std::int64_t point, const spec::RequestLog& log);

  /// A log of one row. Rows are written in the order of their ids, which count from 0: one that
  /// ends before those sent ahead of it waits for them, so at most as many wait as are in flight.
  void WriteInOrder(std::int64_t point, const spec::RequestLog& row);

  void WriteSnapshot(std::int64_t point, const sim::Snapshot& now);

  /// The next point's ids begin again.
  void EndPoint();

  Result<> Commit();

 private:
  std::optional<WholeFile> requests_, series_;
  std::int64_t next_id_ = 0;
  std::map<std::int64_t, std::string> waiting_;
};

}  // namespace roofscape::cli
