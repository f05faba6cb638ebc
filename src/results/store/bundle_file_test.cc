// Evidence bundles as bytes: the same files make the same bytes, and nothing that was changed,
// cut or made up is read.

#include "results/store/bundle_file.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "results/store/digest.h"

namespace roofscape::store {
namespace {

using Files = std::map<std::string, std::string>;

const Files kFiles = {{"plan.toml", "name = \"a\"\n"},
                      {"runs/1/run.json", "{}"},
                      {"runs/1/requests-0.rsrl", std::string("\0\1\2", 3) + std::string(2000, 'x')},
                      {"empty", ""},
                      {std::string(90, 'd') + "/" + std::string(90, 'f'), "long"}};

std::string SomeManifest(const Files& files = kFiles) {
  return BundleManifest({{"runs", {"1"}}, {"bundle", "b"}}, files);
}

std::string MessageOf(const Result<Bundle>& bundle) {
  return bundle ? "it was read" : bundle.error().message;
}

/// A header's sum, after it was changed.
void Resum(std::string& tar, std::size_t at) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < 512; ++i) {
    sum += static_cast<unsigned char>(i >= 148 && i < 156 ? ' ' : tar[at + i]);
  }
  char text[8];
  std::snprintf(text, sizeof text, "%06o", static_cast<unsigned>(sum));
  tar.replace(at + 148, 6, text, 6);
}

TEST(BundleFile, ComesBackAsItWent) {
  const std::string bytes = WriteBundle(SomeManifest(), kFiles);
  EXPECT_EQ(bytes, WriteBundle(SomeManifest(), kFiles));
  const auto bundle = ReadBundle(bytes, "b.tar.zst");
  ASSERT_TRUE(bundle) << bundle.error().message;
  EXPECT_EQ(bundle->manifest, SomeManifest());
  EXPECT_EQ(bundle->digest, Sha256Hex(SomeManifest()));
  ASSERT_EQ(bundle->files.size(), kFiles.size());
  for (const auto& [path, text] : kFiles) EXPECT_EQ(bundle->Find(path), text) << path;
  EXPECT_EQ(bundle->Find("nothing"), "");
}

TEST(BundleFile, TheManifestIsCanonical) {
  EXPECT_EQ(SomeManifest({{"b", "x"}}),
            "{\"bundle\":\"b\",\"files\":[{\"bytes\":1,\"path\":\"b\",\"sha256\":\"" +
                Sha256Hex("x") + "\"}],\"runs\":[\"1\"],\"schema\":1}\n");
}

TEST(BundleFile, EveryCutAndEveryChangedByteIsRefused) {
  const std::string bytes = WriteBundle(SomeManifest(), kFiles);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ReadBundle(bytes.substr(0, size), "b")) << size;
  }
  EXPECT_FALSE(ReadBundle(bytes + "x", "b"));
  EXPECT_FALSE(ReadBundle(bytes + bytes, "b"));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0xff);
    EXPECT_FALSE(ReadBundle(changed, "b")) << at;
  }
  const std::string tar = WriteTar(SomeManifest(), kFiles);
  ASSERT_TRUE(ReadTar(tar, "b"));
  for (std::size_t at = 0; at < tar.size(); at += 7) {
    std::string changed = tar;
    changed[at] = static_cast<char>(changed[at] ^ 0x21);
    const auto read = ReadTar(changed, "b");
    // Padding of a file's last block is nobody's, and the manifest's facts are its signer's.
    if (!read) continue;
    EXPECT_EQ(read->digest == Sha256Hex(SomeManifest()), read->manifest == SomeManifest()) << at;
    for (const auto& [path, text] : kFiles) EXPECT_EQ(read->Find(path), text) << at;
  }
}

TEST(BundleFile, WhatLeadsOutOrIsNoFileIsRefused) {
  for (const char* path : {"../x", "a/../x", "/etc/passwd", "a//b", "./a", "a/.", "", "a/", "a b",
                           "a\\b", "C:/x", "a\nb", "\xc3\xa4"}) {
    EXPECT_FALSE(IsBundlePath(path)) << path;
  }
  EXPECT_FALSE(IsBundlePath(std::string(101, 'x')));
  EXPECT_TRUE(IsBundlePath("a/b-c_d.e+f"));
  const Files one = {{"aaaaa", "x"}};
  const std::string tar = WriteTar(SomeManifest(one), one);
  const std::size_t header = 1024;  // Behind the manifest's header and its one block.
  ASSERT_EQ(tar.substr(header, 5), "aaaaa");
  std::string outside = tar;
  outside.replace(header, 5, "../aa");
  Resum(outside, header);
  EXPECT_NE(MessageOf(ReadTar(outside, "b")).find("no path for it"), std::string::npos);
  for (const char type : {'1', '2', '3', '5', 'x', 'g', 'L'}) {
    std::string link = tar;
    link[header + 156] = type;
    Resum(link, header);
    EXPECT_NE(MessageOf(ReadTar(link, "b")).find("is no plain file"), std::string::npos) << type;
  }
  std::string huge = tar;
  huge.replace(header + 124, 11, "77777777777");
  Resum(huge, header);
  EXPECT_NE(MessageOf(ReadTar(huge, "b")).find("breaks off"), std::string::npos);
}

TEST(BundleFile, FilesAreExactlyThoseOfTheManifest) {
  const Files more = {{"a", "x"}, {"b", "y"}};
  const Files other = {{"a", "z"}, {"b", "y"}};
  const Files fewer = {{"a", "x"}};
  EXPECT_NE(MessageOf(ReadTar(WriteTar(SomeManifest(fewer), more), "b")).find("not those of"),
            std::string::npos);
  EXPECT_NE(MessageOf(ReadTar(WriteTar(SomeManifest(more), fewer), "b")).find("not those of"),
            std::string::npos);
  EXPECT_NE(MessageOf(ReadTar(WriteTar(SomeManifest(other), more), "b")).find("'a' is not what"),
            std::string::npos);
  std::string manifest = SomeManifest(more);
  manifest.replace(manifest.find("\"schema\":1"), 10, "\"schema\":2");
  EXPECT_NE(MessageOf(ReadTar(WriteTar(manifest, more), "b")).find("update this one"),
            std::string::npos);
  EXPECT_NE(MessageOf(ReadTar(WriteTar(" " + SomeManifest(more), more), "b")).find("canonical"),
            std::string::npos);
  EXPECT_FALSE(ReadTar(WriteTar("nonsense", more), "b"));
  EXPECT_FALSE(ReadTar(WriteTar("[]\n", {}), "b"));
}

TEST(BundleFile, ABombIsLeftAlone) {
  const Files zeros = {{"zeros", std::string(std::size_t{8} << 20, '\0')}};
  const std::string bytes = WriteBundle(SomeManifest(zeros), zeros);
  EXPECT_LT(bytes.size(), 100'000U);
  BundleLimits limits;
  limits.plain_bytes = std::size_t{1} << 20;
  const auto read = ReadBundle(bytes, "b", limits);
  EXPECT_NE(MessageOf(read).find("raise --most-bytes"), std::string::npos);
  limits = {};
  limits.files = 0;
  EXPECT_NE(MessageOf(ReadBundle(bytes, "b", limits)).find("too many files"), std::string::npos);
}

}  // namespace
}  // namespace roofscape::store
