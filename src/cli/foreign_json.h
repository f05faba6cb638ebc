// A point by other tools' definitions as JSON: for vLLM and InferenceX in the shape of the file
// that their client saves, so that what reads theirs reads ours; for the others an object of our
// own.
//
// Thread safety: pure functions.

#pragma once

#include "base/core/json.h"
#include "domain/metrics/foreign.h"
#include "domain/spec/run_result.h"

namespace roofscape::cli {

/// {"tool", "run", "point", "figures", "missing", "premises", "notes"}: figures by their keys,
/// `missing` says of each null why, `premises` on what a figure rests.
Json ForeignJson(const spec::RunResult& run, const spec::PointResult& point,
                 const metrics::ForeignFigures& figures);

/// The file of `vllm bench serve --save-result`. `detailed`: with its lists of requests. A mean of
/// nothing is 0 in it, as that client writes it.
Json VllmJson(const spec::RunResult& run, const spec::PointResult& point,
              const metrics::ForeignFigures& figures, bool detailed);

/// The file of InferenceX's client, which its process_result.py reads.
Json InferencexJson(const spec::RunResult& run, const spec::PointResult& point,
                    const metrics::ForeignFigures& figures, bool detailed);

}  // namespace roofscape::cli
