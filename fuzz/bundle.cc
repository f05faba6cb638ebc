// Evidence bundles, which come from others: what is read is whole, with paths that stay inside, and
// is taken apart into runs and a campaign or refused with the source's name.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/core/check.h"
#include "results/store/bundle_file.h"

using namespace roofscape;

namespace {

void Look(const Result<store::Bundle>& bundle) {
  if (!bundle) {
    RS_CHECK(bundle.error().message.find("b.tar.zst") != std::string::npos);
    return;
  }
  for (const auto& [path, bytes] : bundle->files) {
    RS_CHECK(store::IsBundlePath(path));
    RS_CHECK(path.find("..") != 0 && path.front() != '/');
  }
  RS_CHECK(!bundle->manifest.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Bytes are what the fuzzer gives and text is what is read.
  const std::string_view text(reinterpret_cast<const char*>(data), size);  // NOLINT
  store::BundleLimits limits;
  limits.plain_bytes = std::size_t{1} << 20;
  Look(store::ReadTar(std::string(text), "b.tar.zst", limits));
  Look(store::ReadBundle(text, "b.tar.zst", limits));
  return 0;
}
