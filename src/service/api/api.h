// The API without its wire: a path and a query become a status and a JSON text. schema/openapi.json
// describes it; a test holds the two together.
//
// Answers of views are kept, by path and query, until the data changes.
//
// Thread safety: every function may be called from any thread.

#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/core/clock.h"
#include "service/api/snapshots.h"
#include "service/api/store_views.h"
#include "service/api/views.h"

namespace roofscape::api {

/// A body, ready to be sent.
struct Body {
  int status = 200;
  std::string json;
  std::string gzip;                 // Empty: not worth it.
  std::string etag;                 // With its quotes; empty: the answer has none.
  std::string allow = "GET, HEAD";  // Of status 405.
};
using BodyPtr = std::shared_ptr<const Body>;

/// {"error": {"code", "message", "parameter"}}
BodyPtr ErrorBody(int status, std::string_view code, std::string_view message,
                  std::string_view parameter = "");
BodyPtr ErrorBody(const Error& error);

/// The document schema/openapi.json, as the program carries it.
std::string_view OpenApiDocument();

class Api {
 public:
  /// All must outlive it.
  Api(const Facts& facts, Snapshots& snapshots, StoreAccess& store, const Clock& clock);

  /// Where an answer is to be made: at once on the loop, or beside it because it reads the store or
  /// the rows are not there yet, or because it computes for a while.
  enum class Where { kLoop, kStore, kCompute };
  /// `target`: path and query.
  Where WhereOf(std::string_view target) const;

  /// The answer where it is at hand; nullptr: it must be made.
  BodyPtr Peek(std::string_view target);

  /// Never fails: an error is an answer. REQUIRES: `target` begins with "/api/".
  BodyPtr Get(std::string_view target);

  const Facts& facts() const { return facts_; }

  /// Paths as the document has them, "/api/v1/rows/{id}"; and those that are answered elsewhere.
  static std::vector<std::string> Paths();

 private:
  struct Route;
  struct Cached {
    std::string key;
    std::int64_t generation = 0;
    std::string day;
    BodyPtr body;
  };

  /// What is asked, and under what key its answer is kept.
  struct Asked;

  static Result<Asked> Read(std::string_view target);
  static std::span<const Route> Routes();
  static const Route* FindRoute(std::string_view path, std::vector<std::string>& parts);
  Result<Json> Answer(const Route& route, const std::vector<std::string>& parts,
                      const Params& params, std::int64_t& generation);
  /// Prices are of today, so that answers change with the day.
  std::string Today() const;
  BodyPtr FromCache(const std::string& key, std::int64_t generation, const std::string& day);
  void Keep(Cached cached);

  const Facts& facts_;
  Snapshots& snapshots_;
  StoreAccess& store_;
  const Clock& clock_;
  std::mutex mutex_;          // Of the cache.
  std::list<Cached> cached_;  // Last used first.
  std::unordered_map<std::string_view, std::list<Cached>::iterator> places_;
  std::size_t cached_bytes_ = 0;
};

}  // namespace roofscape::api
