#include "results/store/chunk.h"

#include <gtest/gtest.h>

#include "results/store/test_data.h"

namespace roofscape::store {
namespace {

TEST(ChunkTest, ALogComesBackAndIsSmall) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const spec::RequestLog log = SomeLog(seed, static_cast<std::int64_t>(seed));
    const Packed packed = PackLog(log);
    const auto back = UnpackLog(packed.plain_bytes, packed.zstd);
    ASSERT_TRUE(back) << "seed " << seed << ": " << back.error().message;
    EXPECT_TRUE(*back == log) << "seed " << seed;
  }
  const spec::RequestLog large = SomeLog(1, 1'000);
  EXPECT_LT(PackLog(large).zstd.size(), large.events.size() * sizeof(spec::Event) / 3);
}

TEST(ChunkTest, DamageIsAnErrorWithACure) {
  const Packed packed = PackLog(SomeLog(1, 100));
  std::string short_bytes = packed.zstd.substr(0, packed.zstd.size() / 2);
  const struct {
    const char* what;
    std::int64_t plain_bytes;
    std::string zstd;
  } cases[] = {
      {"negative size", -1, packed.zstd},
      {"impossible size", std::int64_t{1} << 50, packed.zstd},
      {"size too small", packed.plain_bytes - 1, packed.zstd},
      {"size too large", packed.plain_bytes + 1, packed.zstd},
      {"half of the bytes", packed.plain_bytes, short_bytes},
      {"no bytes", packed.plain_bytes, ""},
      {"not zstd", packed.plain_bytes, "hello"},
  };
  for (const auto& c : cases) {
    const auto log = UnpackLog(c.plain_bytes, c.zstd);
    ASSERT_FALSE(log) << c.what;
    EXPECT_EQ(log.error().code, ErrorCode::kProtocol) << c.what;
    EXPECT_NE(log.error().message.find("from a copy"), std::string::npos) << log.error().message;
  }
}

TEST(ChunkTest, NoFlippedByteCrashes) {
  const Packed packed = PackLog(SomeLog(2, 50));
  for (std::size_t i = 0; i < packed.zstd.size(); ++i) {
    std::string bytes = packed.zstd;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x41);
    const auto log = UnpackLog(packed.plain_bytes, bytes);
    if (log) {
      EXPECT_LE(log->requests.size(), static_cast<std::size_t>(packed.plain_bytes));
    }
  }
}

}  // namespace
}  // namespace roofscape::store
