#include "domain/catalog/check.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace roofscape::catalog {
namespace {

constexpr const char* kSource =
    "[source.a]\ntext = \"a book\"\ndate = 2026-01-02\nconfidence = \"high\"\nof = [\"*\"]\n";

/// A small catalog without fault; a case changes one text in it.
std::vector<CatalogFile> Sound() {
  const std::string head = "aliases = []\ncollected = 2026-02-01\n";
  return {
      {"fabrics/switch-8.toml", "id = \"switch-8\"\nname = \"Switch\"\n" + head +
                                    "topology = \"switch\"\nreach = \"scale-up\"\nchips = 8\n"
                                    "chip_gb_s = 448\nlink_gb_s = 64\nlinks = 7\n"
                                    "layer_us = [1, 2]\n"
                                    "[collectives.dispatch]\nlaunch_us = 10\n"
                                    "efficiency = 0.5\nown_share = 1\ncopies = \"rank\"\n" +
                                    kSource},
      {"chips/chip-a.toml",
       "id = \"chip-a\"\nname = \"Chip A\"\nvendor = \"V\"\nstatus = \"shipping\"\n" + head +
           "[memory]\nphysical_gb = 80\nusable_gb = 79\nbandwidth_tb_s = 3\n"
           "[dense]\nbf16_tflops = 900\nfp8_tflops = 1800\n[links]\nscale_up = \"switch-8\"\n"
           "[reached]\nbf16_gemm_tflops = 700\n"
           "[[read]]\nset_mb = 50\ngb_s = 2000\n"
           "[[matrix]]\ntype = \"bf16\"\nm = 1\nn = 64\nk = 32\nset_mb = 1\ngflops = 5\n"
           "[[matrix]]\ntype = \"bf16\"\nm = 2\nn = 64\nk = 32\nset_mb = 1\ngflops = 9\n" +
           kSource},
      {"models/model-a.toml",
       "id = \"model-a\"\nname = \"Model A\"\n" + head +
           "layers = 2\nhidden = 64\nvocab = 1000\ncontext_tokens = 4096\n"
           "[parameters]\ntotal_b = 0.000342\nactive_b = 0.000180\n"
           "[[mixer]]\nkind = \"gqa\"\nlayers = 2\nq_heads = 8\nkv_heads = 2\nhead_dim = 8\n"
           "[[ffn]]\nkind = \"routed\"\nlayers = 2\nwidth = 64\nexperts = 8\ntop_k = 4\n" +
           kSource},
      {"engines/engine-a.toml", "id = \"engine-a\"\nname = \"Engine A\"\nkind = \"engine\"\n" +
                                    head + kSource +
                                    "[[memory_share]]\nfraction = 0.9\nof = \"all\"\n"},
      {"prices/book-a.toml", "id = \"book-a\"\nname = \"Book A\"\ndate = 2026-01-01\n" + head +
                                 kSource + "[[price]]\nchip = \"chip-a\"\nrented_3yr_usd_hr = 2\n"},
      {"scores/eval-a.toml",
       "id = \"eval-a\"\nname = \"Eval A\"\nfamily = \"eval\"\ncomparable = true\n"
       "harness = \"h 1\"\n" +
           head +
           "scores = [{ weights = \"W\", model = \"model-a\", score = 0.5, source = \"a\" }]\n" +
           kSource + "harness = \"h 1\"\n"},
  };
}

std::vector<std::string> ProblemsOf(const std::vector<CatalogFile>& files) {
  const Parsed parsed = ParseFiles(files);
  std::vector<std::string> problems;
  for (const Error& error : parsed.errors) problems.push_back(error.message);
  for (const Problem& problem : Check(parsed.catalog)) problems.push_back(problem.ToText());
  return problems;
}

TEST(Check, FindsNothingInASoundCatalog) {
  EXPECT_EQ(ProblemsOf(Sound()), std::vector<std::string>{});
}

struct Case {
  const char* file;
  const char* was;
  const char* is;
  const char* want;  // How a problem begins.
};

const Case kCases[] = {
    {"chips/chip-a", "of = [\"*\"]", "of = [\"dense\"]",
     "chips/chip-a.toml: memory.physical_gb: has no source"},
    {"chips/chip-a", "of = [\"*\"]", "of = [\"*\", \"power\"]",
     "chips/chip-a.toml: source.a.of: names 'power'"},
    {"chips/chip-a", "date = 2026-01-02\n", "", "chips/chip-a.toml: source.a.date: is missing"},
    {"chips/chip-a", "date = 2026-01-02", "date = 2026-02-02",
     "chips/chip-a.toml: source.a.date: 2026-02-02 is after"},
    {"chips/chip-a", "date = 2026-01-02", "date = \"2026-02-30\"",
     "chips/chip-a.toml: line 37: source.a.date: must be a day"},
    {"chips/chip-a", "confidence = \"high\"\n", "",
     "chips/chip-a.toml: source.a.confidence: is missing"},
    {"chips/chip-a", "text = \"a book\"\n", "", "chips/chip-a.toml: source.a.text: is missing"},
    {"chips/chip-a", "collected = 2026-02-01\n", "", "chips/chip-a.toml: collected: is missing"},
    {"chips/chip-a", "usable_gb = 79", "usable_gb = 81",
     "chips/chip-a.toml: memory.usable_gb: 81 is above physical_gb, 80"},
    {"chips/chip-a", "bandwidth_tb_s = 3", "bandwidth_tb_s = 0",
     "chips/chip-a.toml: memory.bandwidth_tb_s: 0 must be above 0"},
    {"chips/chip-a", "bandwidth_tb_s = 3", "bandwidth_tbs = 3",
     "chips/chip-a.toml: line 10: memory.bandwidth_tbs: unknown field. Did you mean"},
    {"chips/chip-a", "fp8_tflops = 1800", "fp8_tflops = 800",
     "chips/chip-a.toml: dense.fp8_tflops: is below bf16_tflops"},
    {"chips/chip-a", "gemm_tflops = 700", "gemm_tflops = 901",
     "chips/chip-a.toml: reached.bf16_gemm_tflops: 901 is above the peak, 900"},
    {"chips/chip-a", "[reached]", "[range.dense]\nbf16_tflops = [950, 990]\n[reached]",
     "chips/chip-a.toml: dense.bf16_tflops: 900 lies outside its range"},
    {"chips/chip-a", "\"switch-8\"", "\"switch-9\"",
     "chips/chip-a.toml: links.scale_up: no fabric 'switch-9'"},
    {"chips/chip-a", "scale_up =", "scale_out =",
     "chips/chip-a.toml: links.scale_out: 'switch-8' is a scale-up fabric"},
    {"chips/chip-a", "id = \"chip-a\"", "id = \"chip-b\"",
     "chips/chip-a.toml: line 1: id: must be the file's name"},
    {"chips/chip-a", "m = 2\n", "m = 1\n", "chips/chip-a.toml: matrix[1]: repeats a product"},
    {"chips/chip-a", "gflops = 9", "gflops = 0", "chips/chip-a.toml: matrix[1].gflops: 0 must be"},
    {"chips/chip-a", "m = 2\n", "", "chips/chip-a.toml: matrix[1].m: is missing"},
    {"chips/chip-a", "type = \"bf16\"", "type = \"\"",
     "chips/chip-a.toml: matrix[0].type: must not be empty"},
    {"fabrics/switch", "links = 7", "links = 8",
     "fabrics/switch-8.toml: chip_gb_s: is 448, 8 links"},
    {"fabrics/switch", "\"switch\"", "\"torus\"", "fabrics/switch-8.toml: shape_chips: is missing"},
    {"fabrics/switch", "efficiency = 0.5", "efficiency = 1.5",
     "fabrics/switch-8.toml: collectives.dispatch.efficiency: 1.5 is a share"},
    {"fabrics/switch", "efficiency = 0.5\n", "",
     "fabrics/switch-8.toml: collectives.dispatch.efficiency: is missing"},
    {"fabrics/switch", "launch_us = 10", "launch_us = 0",
     "fabrics/switch-8.toml: collectives.dispatch.launch_us: 0 must be above 0"},
    {"fabrics/switch", "\"rank\"", "\"chip\"",
     "fabrics/switch-8.toml: line 16: collectives.dispatch.copies: 'chip' is unknown"},
    {"fabrics/switch", "chip_gb_s = 448\n", "",
     "fabrics/switch-8.toml: collectives.dispatch: is a share of chip_gb_s"},
    {"fabrics/switch", "copies = \"rank\"\n",
     "copies = \"rank\"\n[collectives.in_switch_all_reduce]\nlaunch_us = 1\nefficiency = 1\n",
     "fabrics/switch-8.toml: collectives.in_switch_all_reduce: needs reduces = true"},
    {"fabrics/switch", "[1, 2]", "[2, 1]", "fabrics/switch-8.toml: layer_us: must be two numbers"},
    {"models/model-a", "active_b = 0.000180", "active_b = 0.000400",
     "models/model-a.toml: parameters.active_b: 0.0004 is above total_b"},
    {"models/model-a", "total_b = 0.000342", "total_b = 0.000370",
     "models/model-a.toml: parameters.total_b: the shape makes"},
    {"models/model-a", "kv_heads = 2", "kv_heads = 3",
     "models/model-a.toml: mixer[0].kv_heads: 3 does not divide q_heads, 8"},
    {"models/model-a", "head_dim = 8", "head_dim = 0",
     "models/model-a.toml: mixer[0].head_dim: must be 1 or more"},
    {"models/model-a", "top_k = 4", "top_k = 9",
     "models/model-a.toml: ffn[0].top_k: 9 must lie between 1 and the experts, 8"},
    {"models/model-a", "layers = 2\nhidden", "layers = 3\nhidden",
     "models/model-a.toml: layers: is 3, but there are 2 of mixer and 2 of ffn"},
    {"engines/engine-a", "fraction = 0.9", "fraction = 1.1",
     "engines/engine-a.toml: memory_share: 1.1 must lie above 0 and at most 1"},
    {"prices/book-a", "date = 2026-01-01\n", "", "prices/book-a.toml: date: is missing"},
    {"prices/book-a", "chip = \"chip-a\"", "chip = \"chip-aa\"",
     "prices/book-a.toml: price[0].chip: no chip 'chip-aa'"},
    {"prices/book-a", "usd_hr = 2", "usd_hr = -2",
     "prices/book-a.toml: price[0].rented_3yr_usd_hr: must be above 0"},
    {"prices/book-a", "rented_3yr_usd_hr = 2\n", "", "prices/book-a.toml: price[0]: says nothing"},
    {"scores/eval-a", "score = 0.5", "score = 1.5",
     "scores/eval-a.toml: scores[0].score: 1.5 must lie in 0..1"},
    {"scores/eval-a", "model-a", "model-b", "scores/eval-a.toml: scores[0].model: no model"},
    {"scores/eval-a", "source = \"a\" }", "source = \"b\" }",
     "scores/eval-a.toml: scores[0].score: names the source 'b'"},
};

TEST(Check, NamesWhatIsWrong) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.want);
    std::vector<CatalogFile> files = Sound();
    bool changed = false;
    for (CatalogFile& file : files) {
      const std::size_t at = file.text.find(c.was);
      if (!file.name.starts_with(c.file) || at == std::string::npos) continue;
      file.text.replace(at, std::string(c.was).size(), c.is);
      changed = true;
    }
    ASSERT_TRUE(changed) << "the case changes nothing: its text is not in the file";
    const std::vector<std::string> problems = ProblemsOf(files);
    bool found = false;
    std::string all;
    for (const std::string& problem : problems) {
      found = found || problem.starts_with(c.want);
      all += problem + "\n";
    }
    EXPECT_TRUE(found) << "found instead:\n" << all;
  }
}

TEST(Check, KeepsHarnessesApart) {
  std::vector<CatalogFile> files = Sound();
  std::string& text = files.back().text;
  text += "[source.b]\ntext = \"b\"\ndate = 2026-01-02\nconfidence = \"low\"\nharness = \"h 2\"\n";
  const std::string row = "source = \"a\" }";
  text.insert(text.find(row) + row.size(), ", { weights = \"X\", score = 0.1, source = \"b\" }");
  const std::vector<std::string> problems = ProblemsOf(files);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(
      problems[0],
      "scores/eval-a.toml: scores[1].source: 'b' ran 'h 2', the eval is of 'h 1': move the row "
      "to an eval of its own");
}

TEST(Check, RefusesTwoBooksOfOneDayAndNamesTwice) {
  std::vector<CatalogFile> files = Sound();
  CatalogFile book = files[4];
  book.name = "prices/book-b.toml";
  book.text.replace(book.text.find("book-a"), 6, "book-b");
  files.push_back(book);
  EXPECT_EQ(
      ProblemsOf(files),
      (std::vector<std::string>{
          "prices/book-b.toml: aliases: 'booka' is a name of prices/book-a.toml too: leave it "
          "to one of them",
          "prices/book-b.toml: chip-a: rented_3yr stands in prices/book-a.toml for the same "
          "day: keep one"}));
}

}  // namespace
}  // namespace roofscape::catalog
