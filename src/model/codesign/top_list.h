// The best options of a search, one a shape. The content does not depend on the order in which
// options came.
//
// Thread safety: one thread.

#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "model/codesign/plan.h"

namespace roofscape::codesign {

class TopList {
 public:
  explicit TopList(std::size_t keep) : keep_(keep) {}

  void Add(const Space& space, const Option& option);
  void Add(const Space& space, const TopList& other);

  /// What an option must reach to enter; 0 while there is room for any.
  double threshold() const { return options_.size() < keep_ ? 0.0 : options_.back().value; }
  /// The best first.
  const std::vector<Option>& options() const { return options_; }
  void Clear() { options_.clear(); }

 private:
  std::size_t keep_;
  std::vector<Option> options_;
};

}  // namespace roofscape::codesign
