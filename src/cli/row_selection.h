// The rows that a command is about: what was imported and the points of our own runs, picked by
// what served them, their shape and their time.
//
// Thread safety: as the store's.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "cli/flags.h"
#include "domain/catalog/catalog.h"
#include "domain/spec/row.h"
#include "results/store/archive.h"

namespace roofscape::cli {

struct RowSelection {
  std::string db;
  std::string model, chip, engine, precision, speculative;  // Empty: any.
  std::string shape;                                        // "8192/1024"; empty: any.
  std::string protocol;                                     // Empty: any.
  std::string since, until;                                 // Days, both included; empty: ever.
  std::string known_at;                                     // A day; empty: now.
  std::string campaign;                                     // Empty: any.
  bool latest = false;
  bool imported_only = false;
  bool own_only = false;
};

/// Adds --model, --chip, --engine, --precision, --speculative, --since, --until, --known-at,
/// --campaign and --latest.
void AddDeploymentConditions(Command& command, RowSelection& selection);

/// The same, --shape, --protocol, --imported and --own.
void AddRowConditions(Command& command, RowSelection& selection);

/// The same and --db.
void AddRowSelection(Command& command, RowSelection& selection);

/// Whether anything was chosen but the database.
bool HasConditions(const RowSelection& selection);

/// The query of a selection. Names of models, chips and engines are the catalog's, by id or alias;
/// what it does not know is taken as it is. kInvalidArgument for a shape or day that is none.
Result<store::RowQuery> QueryOf(const RowSelection& selection, const catalog::Catalog& catalog);

/// Whether a row fits the conditions of a query that do not ask the archive: those of our own runs.
bool Fits(const spec::Row& row, const store::RowQuery& query);

/// The rows, imported ones first. kNotFound, with what to do, when there are none.
Result<std::vector<spec::Row>> LoadRows(const RowSelection& selection,
                                        const catalog::Catalog& catalog);

/// A day's first microsecond.
Result<WallTime> ParseDay(std::string_view flag, std::string_view text);

}  // namespace roofscape::cli
