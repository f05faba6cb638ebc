// An import on its way into the archive, and what adding rows and evals share.
//
// Private to store/. Thread safety: as SqlArchive.

#pragma once

#include <cstdint>
#include <future>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "domain/spec/row.h"
#include "results/store/archive.h"
#include "results/store/chunk.h"
#include "results/store/db.h"
#include "results/store/digest.h"
#include "results/store/sql_archive.h"

namespace roofscape::store {

/// What was said of a point until now.
struct SqlArchive::Before {
  std::int64_t id = 0;        // Of the last row...
  std::int64_t revision = 0;  // ...and which it is.
  bool said = false;          // Some row says all that the new one says.
};

/// A row that is to be inserted. The row itself belongs to who adds it.
struct SqlArchive::WaitingRow {
  const spec::Row* row = nullptr;
  Digest128 key;
  std::optional<Before> before;
  std::int64_t setup_id = 0;
};

struct SqlArchive::Open {
  ImportHeader header;
  std::int64_t id = 0;
  std::string digest;
  std::int64_t next_row = 0;
  std::int64_t next_setup = 0;
  std::int64_t next_eval = 0;
  std::unordered_map<std::string, std::int64_t> setups;  // By SetupText.
  /// First halves of the keys of rows that may be here, where they are known: those of this import,
  /// and of the archive those that were asked for.
  std::unordered_set<std::int64_t> keys;
  bool empty = false;               // The archive had no rows before.
  std::vector<WaitingRow> waiting;  // For an insert of many.
  std::optional<std::int64_t> campaign;
  ImportCounts counts;
  std::future<std::vector<Packed>> pieces;  // Of the text; compressed beside the reading of it.
  // Behind the transaction: statements must not outlive it.
  Transaction transaction;
  Statement insert;       // One row...
  Statement insert_many;  // ...and as many as the database likes at once.
  Statement before;
};

/// Counts a row by each of its codes, however often it has one.
void CountCorrections(const std::vector<spec::Correction>& corrections, ImportCounts& counts);

/// NULL for an empty text.
void BindText(Statement& statement, const std::string& text);

/// 0 is NULL.
void BindTime(Statement& statement, WallTime time);

}  // namespace roofscape::store
