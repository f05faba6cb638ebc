// Dumps as zip archives: one that another program packed, and those that are broken or meant to
// hurt.

#include "results/ingest/inferencex_zip.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>

#include "results/ingest/test_data.h"
#include "results/ingest/zip.h"

namespace roofscape::ingest {
namespace {

constexpr std::uint64_t kMost = std::uint64_t{1} << 32U;

/// Packed by Python's zipfile; the corpus has a byte before it that chooses the format.
std::string PackedElsewhere() {
  return RepositoryFile("fuzz/corpus/ingest/inferencex_zip").substr(1);
}

std::string Little(std::uint64_t number, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(number >> (8 * i) & 0xFFU);
  return text;
}

struct File {
  std::string name = {};
  std::string text = {};
  std::uint32_t method = 0;
  std::uint32_t flags = 0;
  std::string packed = {};        // Empty: the text.
  std::uint32_t more_bytes = 0;   // That the directory promises, above the text's.
  std::uint32_t wrong_check = 0;  // Added to the checksum.
};

/// An archive of these files, stored as they are.
std::string Packed(const std::vector<File>& files) {
  std::string out;
  std::string directory;
  for (const File& file : files) {
    const std::string& packed = file.packed.empty() ? file.text : file.packed;
    const auto check = static_cast<std::uint32_t>(
        crc32_z(0, reinterpret_cast<const Bytef*>(file.text.data()), file.text.size()));
    const std::string common =
        Little(20, 2) + Little(file.flags, 2) + Little(file.method, 2) + Little(0, 4) +
        Little(check + file.wrong_check, 4) + Little(packed.size(), 4) +
        Little(file.text.size() + file.more_bytes, 4) + Little(file.name.size(), 2) + Little(0, 2);
    directory += "PK\x01\x02" + Little(20, 2) + common + std::string(10, '\0') +
                 Little(out.size(), 4) + file.name;
    out += "PK\x03\x04" + common + file.name + packed;
  }
  const std::size_t begin = out.size();
  return out + directory + "PK\x05\x06" + Little(0, 4) + Little(files.size(), 2) +
         Little(files.size(), 2) + Little(directory.size(), 4) + Little(begin, 4) + Little(0, 2);
}

std::string Deflated(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  std::string in = text;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Why(std::string_view bytes, std::uint64_t most = kMost) {
  const auto text = DumpOfZip(bytes, "dump.zip", most);
  return text ? "" : text.error().message;
}

#define EXPECT_WHY(bytes, part)                          \
  {                                                      \
    const std::string why = Why(bytes);                  \
    EXPECT_TRUE(why.starts_with("dump.zip: ")) << why;   \
    EXPECT_NE(why.find(part), std::string::npos) << why; \
  }

TEST(InferencexZip, ReadsWhatAnotherProgramPacked) {
  const std::string zip = PackedElsewhere();
  ASSERT_TRUE(IsZip(zip));
  const auto text = DumpOfZip(zip, "dump.zip", kMost);
  ASSERT_TRUE(text) << text.error().message;
  const Batch batch = ReadAll("inferencex", *text);
  ASSERT_EQ(batch.rows.size(), 1U);
  EXPECT_EQ(batch.rows[0].deployment.chip, "b200-sxm");
  EXPECT_EQ(batch.rows[0].values.Get("total_tps_per_chip"), 384.0);
  EXPECT_EQ(batch.rows[0].origin.url, "https://example.org/runs/1/attempts/1");
  ASSERT_EQ(batch.evals.size(), 1U);
  EXPECT_EQ(batch.evals[0].task, "gsm8k");
  EXPECT_EQ(AsideCodes(batch), (std::map<std::string, int>{{"no_config", 1}}));
  // Their texts as published are pieces of what was put together.
  const spec::Origin& origin = batch.rows[0].origin;
  EXPECT_NE(
      text->substr(static_cast<std::size_t>(origin.offset), static_cast<std::size_t>(origin.bytes))
          .find("\"conc\": 16"),
      std::string::npos);
}

TEST(InferencexZip, OneDumpGivesOneTextWhateverItsOrderAndFolders) {
  const File configs{"configs.json", "[1]"};
  const File results{"benchmark_results.json", " [2]\n"};
  const auto one = DumpOfZip(Packed({configs, results}), "a", kMost);
  File inside = results;
  inside.name = "../../x\\benchmark_results.json";  // Leads nowhere: nothing is written.
  const auto other = DumpOfZip(Packed({inside, {"other.json", "{"}, configs}), "b", kMost);
  ASSERT_TRUE(one && other);
  EXPECT_EQ(*one, "{\"configs\":[1],\"benchmark_results\": [2]\n}");
  EXPECT_EQ(*one, *other);
  const auto marked =
      DumpOfZip(Packed({configs, {results.name, "\xEF\xBB\xBF" + results.text}}), "c", kMost);
  ASSERT_TRUE(marked);
  EXPECT_EQ(*one, *marked);
}

TEST(InferencexZip, RefusesWhatItCannotRead) {
  const std::string text = "[1, 2, 3]";
  const auto with = [&](File file) {
    file.name = "eval_results.json";
    file.text = text;
    return Packed({std::move(file)});
  };
  EXPECT_EQ(Why(with({})), "");
  EXPECT_EQ(Why(with({.method = 8, .packed = Deflated(text)})), "");
  EXPECT_WHY(with({.flags = 1}), "is encrypted");
  EXPECT_WHY(with({.method = 14}), "method 14");
  EXPECT_WHY(with({.wrong_check = 1}), "checksum");
  EXPECT_WHY(with({.more_bytes = 1}), "another size");
  EXPECT_WHY(with({.method = 8, .packed = Deflated(text), .more_bytes = 1}), "another size");
  EXPECT_WHY(with({.method = 8, .packed = Deflated(text).substr(0, 5)}), "cannot be unpacked");
  EXPECT_WHY(Packed({{"readme.txt", "[]"}}), "without benchmark_results.json");
  EXPECT_WHY(Packed({{"eval_results.json", "{}"}}), "expected one JSON list");
  EXPECT_WHY(Packed({{"eval_results.json", "[1"}}), "expected one JSON list");
  EXPECT_WHY(Packed({{"eval_results.json", "[],\"configs\":[]"}}), "expected one JSON list");
  EXPECT_WHY(Packed({{"a/eval_results.json", "[]"}, {"b/eval_results.json", "[]"}}), "two files");
}

TEST(InferencexZip, RefusesBombs) {
  const std::string zeros(std::size_t{10} << 20U, ' ');
  File file{.name = "eval_results.json", .text = "[" + zeros + "]", .method = 8};
  file.packed = Deflated(file.text);
  ASSERT_LT(file.packed.size(), 20'000U);
  EXPECT_EQ(Why(Packed({file}), file.text.size()), "");
  // One that promises too much, and one that promises little and brings more.
  const std::string much = Why(Packed({file}), file.text.size() - 1);
  EXPECT_NE(much.find("--most-bytes 10485762"), std::string::npos) << much;
  file.more_bytes = static_cast<std::uint32_t>(-static_cast<std::int64_t>(zeros.size()));
  EXPECT_WHY(Packed({file}), "cannot be unpacked to the size it promises");
}

TEST(InferencexZip, EveryCutAndEveryChangedByteIsAnErrorOrATextOfTheDump) {
  const std::string zip = PackedElsewhere();
  for (std::size_t size = 0; size < zip.size(); ++size) {
    EXPECT_NE(Why(zip.substr(0, size)), "") << size;
  }
  for (std::size_t at = 0; at < zip.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x80U, 0xFFU}) {
      std::string changed = zip;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ flip);
      const auto text = DumpOfZip(changed, "dump.zip", kMost);
      if (text) {
        EXPECT_TRUE(text->starts_with("{\"")) << at;
      }
    }
  }
}

}  // namespace
}  // namespace roofscape::ingest
