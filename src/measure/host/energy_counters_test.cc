// Counters in a folder as the kernel's.

#include "measure/host/energy_counters.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace roofscape::host {
namespace {

namespace fs = std::filesystem;

class EnergyCountersTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "powercap-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  void Write(const std::string& zone, const std::string& file, const std::string& text) {
    fs::create_directories(folder_ + "/" + zone);
    std::ofstream(folder_ + "/" + zone + "/" + file) << text << '\n';
  }
  void Zone(const std::string& zone, const std::string& name, const std::string& energy_uj) {
    Write(zone, "name", name);
    Write(zone, "max_energy_range_uj", "10000000");
    Write(zone, "energy_uj", energy_uj);
  }

  std::string folder_;
};

Instant At(double seconds) { return Instant(FromSeconds(seconds)); }

TEST_F(EnergyCountersTest, PowerIsEnergyOverTimeAndCountersBeginAgain) {
  Zone("intel-rapl:0", "package-0", "1000000");
  Zone("intel-rapl:0:0", "core", "1");
  Zone("intel-rapl:0:1", "dram", "0");
  Zone("intel-rapl:1", "package-1", "9000000");
  Zone("intel-rapl-mmio:0", "package-0", "1");
  auto counters = EnergyCounters::Open(folder_);
  ASSERT_TRUE(counters) << counters.error().message;
  EXPECT_EQ(counters->packages(), 2U);
  EXPECT_TRUE(counters->Read(At(1)).empty());
  Write("intel-rapl:0", "energy_uj", "3000000");
  Write("intel-rapl:0:1", "energy_uj", "500000");
  Write("intel-rapl:1", "energy_uj", "1000000");  // 9 -> 10 -> 1.
  EXPECT_EQ(counters->Read(At(1.5)),
            (std::vector<SensorReading>{{"package_power_w", "package-0", 4},
                                        {"dram_power_w", "0:1", 1},
                                        {"package_power_w", "package-1", 4}}));
}

TEST_F(EnergyCountersTest, SaysWhyThereIsNothing) {
  const auto none = EnergyCounters::Open(folder_ + "/absent");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  Write("intel-rapl:0", "name", "package-0");  // Its counter may not be read.
  const auto closed = EnergyCounters::Open(folder_);
  ASSERT_FALSE(closed);
  EXPECT_NE(closed.error().message.find("chmod a+r"), std::string::npos);
}

}  // namespace
}  // namespace roofscape::host
