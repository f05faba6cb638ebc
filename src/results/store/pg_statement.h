// A prepared statement on a PostgreSQL server. Rows are fetched one by one, so that a query may
// give more than fits into memory; if another statement wants the connection meanwhile, the rest is
// read into memory.
//
// Errors, ownership, thread safety: as db.h.

#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "results/store/db.h"
#include "results/store/pg_db.h"

namespace roofscape::store {

class PgStatement final : public StatementBackend {
 public:
  PgStatement(PgDatabase& database, std::string name, int parameters);
  PgStatement(const PgStatement&) = delete;
  PgStatement& operator=(const PgStatement&) = delete;
  ~PgStatement() override;

  void Bind(int parameter, const Value& value) override;
  Result<bool> Step() override;
  void Reset() override;
  ValueType Type(int column) const override;
  std::int64_t Int(int column) const override;
  double Double(int column) const override;
  std::string Text(int column) const override;

  /// Reads what the server has still to send.
  void ReadRest();

 private:
  struct Parameter {
    std::optional<std::string> text;  // Missing: NULL.
    bool binary = false;
  };

  Result<> Start();
  /// The next row from the server; null at the end.
  Result<PgResult> Fetch();
  void Discard();

  PgDatabase* database_;
  std::string name_;
  std::vector<Parameter> parameters_;
  bool started_ = false;
  bool waiting_ = false;  // The server has still to send.
  PgResult row_;
  std::deque<PgResult> rest_;
  std::optional<Error> error_;  // Found by ReadRest, told after its rows.
};

}  // namespace roofscape::store
