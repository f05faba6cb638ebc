// The archive: rows that others published (spec/row.h), each with the import that brought it, the
// text it was read from and what was corrected. Nothing is rewritten: a row that says something new
// of a point that is here already supersedes the older one, and both stay. A row has two times:
// when it was measured and since when it is known here.
//
// An import is one transaction: a kill or a full disk leaves either all of it or nothing. To import
// a file again adds nothing.
//
// Errors: as store.h. Thread safety: one thread at a time.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "domain/spec/eval_row.h"
#include "domain/spec/row.h"
#include "results/store/store.h"

namespace roofscape::store {

struct ImportHeader {
  std::string format;
  std::string source;   // The file's name.
  std::string version;  // Of Roofscape.
  WallTime known;       // Now.
  /// The campaign to which all its points belong, also those that were here before. It is made
  /// where there is none of that name. Empty: none.
  std::string campaign = {};
  /// DigestOf the text, where that is known already; empty: it is worked out.
  std::string digest = {};
};

/// What came of an import.
struct ImportCounts {
  std::int64_t added = 0;  // Points that were not here.
  std::int64_t known = 0;  // Were here, and nothing new is said of them.
  std::int64_t newer = 0;  // Were here, and are superseded by what is said now.
  std::int64_t aside = 0;
  std::int64_t evals = 0;                         // Of added and newer.
  std::int64_t joined = 0;                        // New in the campaign of the import.
  std::map<std::string, std::int64_t> corrected;  // Rows by code of correction, of all but known.
  std::map<std::string, std::int64_t> asides;     // By code.

  std::int64_t read() const { return added + known + newer + aside; }
};

struct ImportRecord {
  std::int64_t id = 0;
  WallTime known;
  std::string format;
  std::string source;
  std::string digest;  // SHA-256 of the file, in hexadecimal.
  std::string version;
  ImportCounts counts;  // Without the codes.
};

/// All conditions must hold; an empty query lets every row pass.
struct RowQuery {
  std::optional<std::string> model = {};  // As in the row's deployment, exactly; so all names.
  std::optional<std::string> chip = {};
  std::optional<std::string> engine = {};
  std::optional<std::string> precision = {};
  std::optional<std::string> speculative = {};
  std::optional<std::int64_t> input_tokens = {};
  std::optional<std::int64_t> output_tokens = {};
  std::optional<std::string> protocol = {};
  std::optional<std::int64_t> import_id = {};
  std::optional<std::string> campaign = {};
  std::optional<WallTime> measured_from = {};
  std::optional<WallTime> measured_until = {};  // And not later.
  /// The archive as it was known then; missing: now.
  std::optional<WallTime> known_at = {};
  /// Of every setup and load only the row measured last.
  bool latest = false;
  std::optional<std::int64_t> limit = {};
  /// Only the rows with these ids, whatever the other conditions say; empty: all.
  std::vector<std::int64_t> ids = {};
  /// In whatever order is quickest; sorting wide rows takes as long as reading them.
  bool any_order = false;
  /// Leave corrections, facts and the key out: texts that only the page of one row shows.
  bool without_texts = false;
  /// Read only these metrics; empty: all. What is left out costs little.
  std::vector<std::string> metrics = {};
};

/// A row and what the archive knows of it.
struct ArchivedRow {
  std::int64_t id = 0;
  std::int64_t import_id = 0;
  std::int64_t setup_id =
      0;  // Rows of one agree in deployment, workload, protocol, window and way.
  std::int64_t revision = 1;
  WallTime known;
  spec::Row row;
};

struct ArchivedEval {
  std::int64_t id = 0;
  std::int64_t import_id = 0;
  std::int64_t revision = 1;
  WallTime known;
  spec::EvalRow row;
};

/// A combination that the archive holds rows of.
struct SetupSummary {
  std::string model, chip, engine, precision, speculative, protocol;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t layouts = 0;
};

/// SHA-256 of a file's bytes, in hexadecimal: by which imports are told apart.
std::string DigestOf(std::string_view text);

class Archive {
 public:
  virtual ~Archive() = default;

  /// The import that brought a file of this digest, read as that format by this version; missing:
  /// none did.
  virtual Result<std::optional<ImportRecord>> FindImport(std::string_view digest,
                                                         std::string_view format,
                                                         std::string_view version) = 0;

  /// Begins an import of `text`. One at a time. Until Commit() nobody else sees it; Abandon(), or
  /// the end of the archive, leaves nothing behind. REQUIRES: `text` stays until then.
  virtual Result<> Begin(const ImportHeader& header, std::string_view text) = 0;
  virtual Result<> Add(std::span<const spec::Row> rows) = 0;
  virtual Result<> AddEvals(std::span<const spec::EvalRow> rows) = 0;
  virtual Result<> SetAside(std::span<const spec::AsideRow> rows) = 0;
  /// What came of it. A file that brought nothing new leaves no trace, but for the first import of
  /// its bytes, where rows were set aside.
  virtual Result<ImportCounts> Commit() = 0;
  virtual void Abandon() = 0;

  /// Newest first.
  virtual Result<std::vector<ImportRecord>> Imports() = 0;
  virtual Result<std::vector<spec::AsideRow>> Asides(std::int64_t import_id) = 0;

  /// By setup, time and load.
  virtual Result<std::vector<ArchivedRow>> Rows(const RowQuery& query) = 0;
  /// The same, one after the other: for who keeps them elsewhere. After an error some were told.
  virtual Result<> EachRow(const RowQuery& query,
                           const std::function<void(ArchivedRow&&)>& tell) = 0;

  /// Evals, by model, task, chip and time. Of the query its protocol, lengths and metrics say
  /// nothing of evals; `latest`: of every deployment, task and concurrency.
  virtual Result<std::vector<ArchivedEval>> Evals(const RowQuery& query) = 0;

  /// What there is, without reading rows.
  virtual Result<std::vector<SetupSummary>> Setups() = 0;

  /// The text of a row as it was published, of one that was set aside too. kNotFound for a place
  /// of which that import added nothing, and where its source was no text.
  virtual Result<std::string> Original(std::int64_t import_id, std::int64_t place) = 0;
};

/// Opens the archive of the database at `path`, as OpenStore does.
Result<std::unique_ptr<Archive>> OpenArchive(const std::string& path, OpenMode mode,
                                             const StoreOptions& options = {});

}  // namespace roofscape::store
