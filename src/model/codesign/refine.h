// The candidates of a search, once measured rows have had their word: what the formulas promise is
// corrected by whoever knows rows (model/calibrate, handed in by the caller), the number of
// requests is chosen anew, and shapes are ranked by what is then expected.
//
// Thread safety: one thread.

#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "model/codesign/search.h"

namespace roofscape::codesign {

/// A figure and the interval that holds it four times of five.
struct Band {
  double value = 0.0;
  double low80 = 0.0;
  double high80 = 0.0;

  friend bool operator==(const Band&, const Band&) = default;
};

/// What is expected of an option.
struct Estimate {
  Band ttft_s, tpot_s;
  Band tput_per_chip;  // Input and output tokens a second and chip.
  std::string domain;  // How near measured rows are: "known", "partly known", "unknown".
};

class Estimator {
 public:
  virtual ~Estimator() = default;
  virtual Result<Estimate> Of(const Space& space, const Plan& plan, double concurrency) = 0;
};

/// The formulas alone, for who knows no rows: intervals of no width.
class FormulaEstimator final : public Estimator {
 public:
  Result<Estimate> Of(const Space& space, const Plan& plan, double concurrency) override;
};

struct Candidate {
  Option formulas;  // At the load that was chosen.
  Estimate estimate;
  double value =
      0.0;  // Tokens for each unit of what is spent: expected, or at least where cautious.
};

struct Limits {
  double tpot_s = std::numeric_limits<double>::infinity();
  double ttft_s = std::numeric_limits<double>::infinity();
  /// Judge by the worse ends of the intervals: one in ten is missed, not every other one.
  bool cautious = false;
};

/// The load of a plan that is expected to give the most within the limits, near the one given; to
/// one request where the loads of the space were not told one by one. Missing: none meets them.
Result<std::optional<Candidate>> BestLoad(const Space& space, const Option& near,
                                          const Limits& limits, bool whole_numbers,
                                          Estimator& estimator);

/// The shapes of `found`, each once, the best first; those that meet the limits at no load are left
/// out.
Result<std::vector<Candidate>> Refine(const Space& space,
                                      const std::vector<const std::vector<Option>*>& found,
                                      const Limits& limits, bool whole_numbers,
                                      Estimator& estimator);

}  // namespace roofscape::codesign
