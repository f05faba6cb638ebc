#include "model/codesign/attribution.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace roofscape::codesign {
namespace {

/// The logarithm of each mix's value.
Result<std::vector<double>> Logarithms(std::size_t factors,
                                       const std::function<Result<double>(Mix)>& value) {
  std::vector<double> logs;
  for (Mix mix = 0; mix < Mix{1} << factors; ++mix) {
    RS_ASSIGN_OR_RETURN(const double v, value(mix));
    if (!(v > 0.0)) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("mix {:b} of the factors has the value {}, of which there is no "
                               "share: choose a target that all mixes reach",
                               mix, v)};
    }
    logs.push_back(std::log(v));
  }
  return logs;
}

/// Of the orders in which `factors` come, the share in which exactly a given `before` of them
/// precede a given one.
double ShareOfOrders(std::size_t factors, std::size_t before) {
  // before! (factors - before - 1)! / factors!
  double share = 1.0 / static_cast<double>(factors);
  for (std::size_t i = 1; i <= before; ++i) {
    share *= static_cast<double>(i) / static_cast<double>(factors - i);
  }
  return share;
}

Factor FactorOf(std::size_t factors, std::size_t which, const std::vector<double>& logs) {
  const Mix bit = Mix{1} << which;
  double sum = 0.0;
  double least = 0.0;
  double most = 0.0;
  bool first = true;
  for (Mix mix = 0; mix < logs.size(); ++mix) {
    if ((mix & bit) != 0) continue;
    const double brings = logs[mix | bit] - logs[mix];
    sum += ShareOfOrders(factors, static_cast<std::size_t>(std::popcount(mix))) * brings;
    least = first ? brings : std::min(least, brings);
    most = first ? brings : std::max(most, brings);
    first = false;
  }
  return {std::exp(sum), std::exp(least), std::exp(most)};
}

}  // namespace

Result<Attribution> Attribute(std::size_t factors,
                              const std::function<Result<double>(Mix mix)>& value) {
  if (factors > kMostFactors) {
    return Error{
        ErrorCode::kInvalidArgument,
        fmt::format("{} factors have too many mixes: take at most {}", factors, kMostFactors)};
  }
  RS_ASSIGN_OR_RETURN(const std::vector<double> logs, Logarithms(factors, value));
  Attribution out;
  out.gain = std::exp(logs.back() - logs.front());
  for (std::size_t i = 0; i < factors; ++i) out.factors.push_back(FactorOf(factors, i, logs));
  out.together.assign(factors * factors, 0.0);
  for (std::size_t i = 0; i < factors; ++i) {
    for (std::size_t j = 0; j < factors; ++j) {
      if (i == j) continue;
      const Mix a = Mix{1} << i;
      const Mix b = Mix{1} << j;
      out.together[i * factors + j] = logs[a | b] - logs[a] - logs[b] + logs[0];
    }
  }
  return out;
}

}  // namespace roofscape::codesign
