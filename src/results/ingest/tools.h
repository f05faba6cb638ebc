// One reader a load generator. How each defines its figures stands in
// docs/reference/other-tools.md; here each goes to the metric of ours that has its definition, not
// the one that has its name.
//
// Private to ingest. Thread safety: pure functions.

#pragma once

#include <string_view>

#include "base/core/result.h"
#include "results/ingest/ingest.h"
#include "results/ingest/tool_row.h"

namespace roofscape::ingest {

Result<> ReadVllm(std::string_view text, const Source& source, const Take& take);
Result<> ReadSglang(std::string_view text, const Source& source, const Take& take);
Result<> ReadAiperf(std::string_view text, const Source& source, const Take& take);
Result<> ReadGenaiPerf(std::string_view text, const Source& source, const Take& take);
Result<> ReadGuidellm(std::string_view text, const Source& source, const Take& take);
Result<> ReadInferencePerf(std::string_view text, const Source& source, const Take& take);
Result<> ReadMlperf(std::string_view text, const Source& source, const Take& take);
/// What `bench --json` and `show --json` print.
Result<> ReadOwn(std::string_view text, const Source& source, const Take& take);

/// The file of vLLM's serving benchmark, from which InferenceX's client descends.
void ReadVllmFamily(ToolRow& row);

}  // namespace roofscape::ingest
