// Chips of a pretended library, of folders as the kernel's, and of AMD's program.

#include "measure/host/inventory.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace roofscape::host {
namespace {

namespace fs = std::filesystem;

class InventoryTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "inventory-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    sources_.nvml = {folder_ + "/no-library.so"};
    sources_.devices = folder_ + "/dev";
    sources_.pci = folder_ + "/pci";
    fs::create_directories(sources_.devices);
  }
  void TearDown() override {
    fs::remove_all(folder_);
    unsetenv("ROOFSCAPE_FAKE_CUDA");
  }

  void Pci(const std::string& address, const char* what, const char* vendor) {
    const std::string place = sources_.pci + "/" + address;
    fs::create_directories(place);
    std::ofstream(place + "/class") << what << '\n';
    std::ofstream(place + "/vendor") << vendor << '\n';
    std::ofstream(place + "/device") << "0x1234\n";
  }

  std::string folder_;
  InventorySources sources_;
};

TEST_F(InventoryTest, AMachineWithoutChipsSaysWhoWasAsked) {
  const Inventory inventory = TakeInventory(sources_);
  EXPECT_TRUE(inventory.chips.empty());
  EXPECT_EQ(inventory.notes.size(), 2U);
}

TEST_F(InventoryTest, NvmlTellsNvidiasAndTheBusOnlyWhatNobodyElseDoes) {
  setenv("ROOFSCAPE_FAKE_CUDA", "two", 1);
  sources_.nvml = {ROOFSCAPE_FAKE_CUDA_LIBRARY};
  Pci("0000:01:00.0", "0x030200", "0x10de");
  Pci("0000:02:00.0", "0x120000", "0x1da3");
  Pci("0000:03:00.0", "0x020000", "0x8086");  // A network card.
  Pci("0000:04:00.0", "0x038000", "0x1002");  // An MI300 of which amd-smi does not tell.
  const Inventory inventory = TakeInventory(sources_);
  ASSERT_EQ(inventory.chips.size(), 4U);
  EXPECT_EQ(inventory.chips[0],
            (Chip{"nvidia", "Pretended GPU", "GPU-0123", double{80} * (1 << 30)}));
  EXPECT_EQ(inventory.chips[2], (Chip{"pci", "0x1da3:0x1234", "0000:02:00.0", {}}));
  EXPECT_EQ(inventory.chips[3].place, "0000:04:00.0");
}

TEST_F(InventoryTest, TpusAreDeviceFiles) {
  for (const char* name : {"accel0", "accel1", "accelx", "null"}) {
    std::ofstream(sources_.devices + "/" + name) << "";
  }
  EXPECT_EQ(TakeInventory(sources_).chips.size(), 2U);
}

TEST_F(InventoryTest, AmdSmiTellsAmds) {
  // Fields as AMD's documentation of the tool has them, of both ROCm 6 and 7.
  const std::string list =
      R"([{"gpu": 0, "asic": {"market_name": "AMD Instinct MI300X", "asic_serial": "0xAB"},
           "vram": {"type": "HBM", "size": {"value": 196592, "unit": "MB"}}}])";
  for (const std::string& text : {list, "{\"gpu_data\": " + list + "}"}) {
    sources_.amd_smi = [&] { return std::optional(text); };
    const Inventory inventory = TakeInventory(sources_);
    ASSERT_EQ(inventory.chips.size(), 1U);
    EXPECT_EQ(inventory.chips[0],
              (Chip{"amd", "AMD Instinct MI300X", "0xAB", double{196592} * (1 << 20)}));
  }
  for (const char* text : {"", "7", "{}", "[1, {}]", R"([{"gpu": 0, "vram": {"size": []}}])"}) {
    sources_.amd_smi = [&] { return std::optional<std::string>(text); };
    TakeInventory(sources_);  // Whatever it prints is taken in good order.
  }
}

TEST_F(InventoryTest, AProcessSeesWhatItsVariablesLeave) {
  Inventory inventory;
  inventory.chips.resize(8);
  EXPECT_EQ(VisibleChips(inventory, {}), 8);
  EXPECT_EQ(VisibleChips(inventory, {{"CUDA_VISIBLE_DEVICES", "0,3"}}), 2);
  EXPECT_EQ(VisibleChips(inventory, {{"CUDA_VISIBLE_DEVICES", ""}}), 0);
  EXPECT_EQ(VisibleChips(inventory, {{"HIP_VISIBLE_DEVICES", "0"}, {"PATH", "x"}}), 1);
}

TEST_F(InventoryTest, AnEnvironmentTellsDriverFirmwareCapsAndClocks) {
  setenv("ROOFSCAPE_FAKE_CUDA", "two", 1);
  const auto facts = EnvironmentFacts({ROOFSCAPE_FAKE_CUDA_LIBRARY});
  EXPECT_EQ(facts.at("driver_version"), "999.1");
  EXPECT_EQ(facts.at("firmware"), "2 x 96.00");
  EXPECT_EQ(facts.at("power_limit_w"), "2 x 700");
  EXPECT_EQ(facts.at("max_sm_clock_mhz"), "2 x 1980");
  EXPECT_EQ(facts.at("set_sm_clock_mhz"), "2 x ?");
  EXPECT_FALSE(facts.at("kernel").empty());
  EXPECT_FALSE(facts.contains("hostname"));
  EXPECT_EQ(DriftText(facts, facts), "");
  setenv("ROOFSCAPE_FAKE_CUDA", "capped", 1);
  EXPECT_EQ(DriftText(facts, EnvironmentFacts({ROOFSCAPE_FAKE_CUDA_LIBRARY})),
            "chip: 2 x Pretended GPU -> 1 x Pretended GPU; firmware: 2 x 96.00 -> 1 x 96.00; "
            "max_sm_clock_mhz: 2 x 1980 -> 1 x 1980; power_limit_w: 2 x 700 -> 1 x 500; "
            "set_sm_clock_mhz: 2 x ? -> 1 x ?");
  // What only one of the two knows is no drift.
  EXPECT_EQ(DriftText(facts, {{"kernel", facts.at("kernel")}}), "");
}

}  // namespace
}  // namespace roofscape::host
