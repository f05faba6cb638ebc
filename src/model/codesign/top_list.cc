#include "model/codesign/top_list.h"

#include <algorithm>

namespace roofscape::codesign {

void TopList::Add(const Space& space, const Option& option) {
  if (keep_ == 0) return;
  const bool full = options_.size() == keep_;
  if (full && !Better(space, option, options_.back())) return;
  const Shape shape = ShapeOf(option.plan);
  const auto same = std::find_if(options_.begin(), options_.end(),
                                 [&](const Option& o) { return ShapeOf(o.plan) == shape; });
  if (same != options_.end()) {
    if (!Better(space, option, *same)) return;
    options_.erase(same);
  } else if (full) {
    options_.pop_back();
  }
  const auto place =
      std::lower_bound(options_.begin(), options_.end(), option,
                       [&](const Option& a, const Option& b) { return Better(space, a, b); });
  options_.insert(place, option);
}

void TopList::Add(const Space& space, const TopList& other) {
  for (const Option& option : other.options_) Add(space, option);
}

}  // namespace roofscape::codesign
