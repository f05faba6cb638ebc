// Rows, a snapshot and the input of views for the tests of this room.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/core/json.h"
#include "domain/catalog/catalog.h"
#include "service/api/views.h"

namespace roofscape::api {

/// The catalog at the root of the repository, in which tests run.
const catalog::Catalog& TestCatalog();

/// An imported point of DeepSeek V3 in fp8 under SGLang on eight of a chip, 8192/1024, measured on
/// that day.
KnownRow TestRow(std::int64_t id, const std::string& chip, std::int64_t concurrency,
                 double interactivity_tps, double tps_per_chip,
                 const std::string& day = "2026-06-11");

/// Two chips at three loads on two days each; the later is a quarter better.
std::vector<KnownRow> TestRows();

/// A view's input over those rows, on 2026-08-01.
class TestInput {
 public:
  explicit TestInput(KnownRows rows);

  const ViewInput& operator*() const { return input_; }

 private:
  Facts facts_;
  ViewInput input_;
};

using TestView = Result<Json> (*)(const ViewInput&, const Params&);
/// The answer of a view to a query. The test fails where there is none.
Json Answer(TestView view, const TestInput& input, std::string_view query);
/// The message of its refusal.
std::string Refusal(TestView view, const TestInput& input, std::string_view query);

}  // namespace roofscape::api
