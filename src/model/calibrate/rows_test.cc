#include "model/calibrate/rows.h"

#include <gtest/gtest.h>

namespace roofscape::calibrate {
namespace {

constexpr const char* kHeader =
    "hardware,model,backend,isl,osl,concurrency,mean_ttft_ms,mean_tpot_ms,n_gpus\n";

TEST(Csv, QuotesHoldCommasLineEndsAndQuotes) {
  const auto table = ParseCsv("a,b\r\n\"x,\"\"y\"\"\nz\",2\n\n3,\n");
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->columns, (std::vector<std::string>{"a", "b"}));
  ASSERT_EQ(table->rows.size(), 2U);
  EXPECT_EQ(table->rows[0][0], "x,\"y\"\nz");
  EXPECT_EQ(table->rows[1][1], "");
}

TEST(Csv, ALineReadsBackAsItWas) {
  const std::vector<std::string> fields = {"plain", "a,b", "say \"so\"", "two\nlines", ""};
  const auto table = ParseCsv("1,2,3,4,5\n" + CsvLine(fields) + "\n");
  ASSERT_TRUE(table);
  EXPECT_EQ(table->rows[0], fields);
}

TEST(Csv, FaultsNameTheirLine) {
  EXPECT_EQ(ParseCsv("a,b\n1,2\n3\n").error().message, "line 3: 1 fields, and the header has 2");
  EXPECT_EQ(ParseCsv("a\n\"open").error().message, "line 2: a quote is opened and never closed");
  EXPECT_EQ(ParseCsv("").error().message, "no header: the file is empty");
}

TEST(ServingRows, ReadsWhatIsThereAndKeepsTheRestAside) {
  const auto rows = ParseServingRows(std::string(kHeader) +
                                     "h200_sxm,m,vllm,1024,512,8,100.5,7.25,4\n"
                                     "h200_sxm,m,vllm,1024,512,,100,7,4\n"
                                     "h200_sxm,m,vllm,1024,512,4,,-1,\n");
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->rows.size(), 2U);
  EXPECT_DOUBLE_EQ(*rows->rows[0].ttft_s, 0.1005);
  EXPECT_DOUBLE_EQ(*rows->rows[0].tpot_s, 0.00725);
  EXPECT_EQ(rows->rows[0].chips, 4.0);
  EXPECT_FALSE(rows->rows[1].ttft_s);
  EXPECT_FALSE(rows->rows[1].tpot_s);
  ASSERT_EQ(rows->bad.size(), 1U);
  EXPECT_EQ(rows->bad[0].index, 1U);
  EXPECT_EQ(rows->bad[0].reason, "concurrency is '', and must be a number above 0");
}

TEST(ServingRows, AMissingColumnIsNamed) {
  const auto rows = ParseServingRows("hardware,model\nh200,m\n");
  ASSERT_FALSE(rows);
  EXPECT_NE(rows.error().message.find("no column 'backend'"), std::string::npos);
}

TEST(ServingRows, ACurveIsAllButConcurrencyAndWhen) {
  const auto rows = ParseServingRows(std::string(kHeader) +
                                     "h200_sxm,m,vllm,1024,512,8,1,1,4\n"
                                     "h200_sxm,m,vllm,1024,512,64,1,1,4\n"
                                     "h200_sxm,m,vllm,1024,513,64,1,1,4\n");
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->rows[0].curve, rows->rows[1].curve);
  EXPECT_NE(rows->rows[0].curve, rows->rows[2].curve);
}

}  // namespace
}  // namespace roofscape::calibrate
