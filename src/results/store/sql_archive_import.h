// An import on its way into the archive, and what adding rows and evals share.
//
// Private to store/. Thread safety: as SqlArchive.

#pragma once

#include <cstdint>
#include <future>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "domain/spec/row.h"
#include "results/store/archive.h"
#include "results/store/chunk.h"
#include "results/store/db.h"
#include "results/store/sql_archive.h"

namespace roofscape::store {

struct SqlArchive::Open {
  ImportHeader header;
  std::int64_t id = 0;
  std::string digest;
  std::int64_t next_row = 0;
  std::int64_t next_setup = 0;
  std::int64_t next_eval = 0;
  std::unordered_map<std::string, std::int64_t> setups;  // By SetupText.
  std::optional<std::int64_t> campaign;
  ImportCounts counts;
  std::future<std::vector<Packed>> pieces;  // Of the text; compressed beside the reading of it.
  // Behind the transaction: statements must not outlive it.
  Transaction transaction;
  Statement insert;
  Statement before;
};

/// Counts a row by each of its codes, however often it has one.
void CountCorrections(const std::vector<spec::Correction>& corrections, ImportCounts& counts);

/// NULL for an empty text.
void BindText(Statement& statement, const std::string& text);

/// 0 is NULL.
void BindTime(Statement& statement, WallTime time);

}  // namespace roofscape::store
