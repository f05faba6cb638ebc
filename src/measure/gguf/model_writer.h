// Writes a model file of random weights: for trying an inference engine without downloading one.
// What it says makes no sense, but it costs what a real network of its shape costs.
//
// The same recipe gives the same bytes on every machine. Memory in use does not grow with the
// model. Thread safety: callers writing to different paths are independent.

#pragma once

#include <cstdint>
#include <string>

#include "base/core/result.h"
#include "measure/gguf/network.h"

namespace roofscape::gguf {

/// What was written.
struct ModelFacts {
  std::int64_t parameters;
  std::int64_t vocabulary_size;
  std::int64_t file_bytes;
};

/// Writes the file beside `path` under a temporary name and renames it, so that `path` never holds
/// half a model. Errors: kInvalidArgument if the shape makes no sense or the file exists and
/// `overwrite` is false; kIo if it cannot be written. No temporary file is left after an error.
Result<ModelFacts> WriteModel(const ModelRecipe& recipe, const std::string& path, bool overwrite);

}  // namespace roofscape::gguf
