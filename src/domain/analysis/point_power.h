// Power and energy of an operating point of our own from samples of its chips, by the rules of
// power.h, over each of its windows.
//
//   joules_per_output_token_device = energy of all chips in the window / output tokens in it
// and so for input and total tokens: the whole energy over either, alternatives that are never
// added.
//
// Units: sample times in seconds since 1970 UTC. Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "domain/analysis/power.h"
#include "domain/spec/run_result.h"

namespace roofscape::analysis {

/// Begins the server reason by which a point tells that its power is not valid; InferenceX's codes
/// follow.
inline constexpr std::string_view kPowerNotValid = "power not valid: ";

/// Sets device_power_w and the joules a token of the steady and the whole window. Where the samples
/// are not valid for the window that the point's protocol names, a server reason says so with the
/// codes, unless that window has its power from an earlier trace. Returns those codes, none: valid.
/// A point without any window is left alone.
std::vector<PowerFault> SetPower(std::span<const PowerSample> samples, std::int64_t devices,
                                 spec::PointResult& point);

/// "sampling_gap_exceeded, gpu_identity_missing"
std::string CodesOf(std::span<const PowerFault> faults);

}  // namespace roofscape::analysis
