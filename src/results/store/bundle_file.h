// An evidence bundle as bytes: a tar archive (ustar) compressed with zstd, which any tar can open.
// The first file is manifest.json: canonical JSON (keys sorted, no blanks, numbers whole, as RFC
// 8785 has it) that names every other file with its length and SHA-256. Whoever signs the manifest
// signs the bundle. The same files make the same bytes with the same zstd.
//
// Reading trusts nothing: sizes have limits before memory is asked for, paths stay below the
// bundle, links and devices are refused, and the files must be exactly those of the manifest.
//
// Errors: kProtocol with source, what is wrong and the cure. Thread safety: pure functions.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/core/json.h"
#include "base/core/result.h"

namespace roofscape::store {

inline constexpr std::int64_t kBundleSchema = 1;
inline constexpr std::string_view kBundleManifest = "manifest.json";

struct BundleLimits {
  std::size_t plain_bytes = std::size_t{4} << 30;  // Unpacked.
  std::size_t files = 1'000'000;
};

/// Whether a path may stand in a bundle: relative, of plain characters, nothing that leads out.
bool IsBundlePath(std::string_view path);

/// The manifest of `files`, with what `facts`, an object, says besides.
std::string BundleManifest(const Json& facts, const std::map<std::string, std::string>& files);

/// REQUIRES: IsBundlePath of every path.
std::string WriteBundle(const std::string& manifest,
                        const std::map<std::string, std::string>& files);

/// A bundle that was read and found whole.
struct Bundle {
  std::string digest;  // SHA-256 of the manifest's bytes, in hexadecimal.
  std::string_view manifest;
  std::map<std::string, std::string_view, std::less<>> files;  // Without the manifest.
  std::shared_ptr<const std::string> bytes;                    // What the views look at.

  /// Empty where there is none.
  std::string_view Find(std::string_view path) const;
};

Result<Bundle> ReadBundle(std::string_view zstd, const std::string& source,
                          const BundleLimits& limits = {});

/// The same without the compression; for tests and fuzzers.
std::string WriteTar(const std::string& manifest, const std::map<std::string, std::string>& files);
Result<Bundle> ReadTar(std::string plain, const std::string& source,
                       const BundleLimits& limits = {});

}  // namespace roofscape::store
