#include "domain/catalog/chip_toml.h"

#include <gtest/gtest.h>

#include "domain/catalog/catalog.h"

namespace roofscape::catalog {
namespace {

/// A chip in which every field is set, no two alike.
Chip Full() {
  Chip chip;
  chip.entry.id = "mine";
  chip.entry.name = "A \"quoted\" name";
  chip.entry.aliases = {"other", "names"};
  chip.entry.file = "chips/mine.toml";
  chip.entry.collected = Date{2026, 11, 29};
  chip.entry.note = "two\nlines";
  chip.entry.sources = {{"probe", "measured", Date{2026, 11, 28}, Confidence::kMedium, "", {"*"}}};
  chip.vendor = "V";
  chip.architecture = "A";
  chip.status = "shipping";
  chip.memory = {"DRAM", 24.5, 24, 0.021};
  chip.dense = {1.5, 2.5, 3.5, 4.5};
  chip.on_chip = {32, 33, 34, 35, 0.1};
  chip.links = {"a", "b"};
  chip.host = {100, 50};
  chip.tdp_w = 280;
  chip.reached = {1, 2, 3, 4, 5, 6, 7, 0.8, 9, 10};
  chip.reads = {{1, 134.2, 20.5}, {2, 16.8, 41}};
  chip.products = {{"q8_0", "own", 2, 1, 4096, 1024, 130, 12.25}, {"f32", "", 1, 8, 2, 3, 4, 5}};
  chip.attentions = {{"ggml", 2, 1, 64, 8, 2, 128, 11.5}, {"", 1, 32, 32, 4, 4, 64, 20}};
  chip.ranges = {
      {"dense.bf16_tflops", {1, 2}}, {"dense.fp8_tflops", {2, 3}}, {"memory.usable_gb", {20, 30}}};
  return chip;
}

TEST(ChipToml, ReadsBackAsTheSameChip) {
  const Chip chip = Full();
  const CatalogFile file{"chips/mine.toml", ToToml(chip)};
  const auto catalog = ParseCatalog({&file, 1});
  ASSERT_TRUE(catalog) << catalog.error().message << "\n" << file.text;
  Chip back = catalog->chips.at(0);
  EXPECT_GT(back.entry.facts.size(), 30U);
  back.entry.facts.clear();  // What the file says value by value; written nowhere else.
  EXPECT_EQ(back, chip) << file.text;
}

TEST(ChipToml, LeavesOutWhatIsNotKnown) {
  Chip chip;
  chip.entry.id = "bare";
  chip.vendor = "V";
  EXPECT_EQ(ToToml(chip), "id = \"bare\"\nvendor = \"V\"\naliases = []\n");
}

}  // namespace
}  // namespace roofscape::catalog
