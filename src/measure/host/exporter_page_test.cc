// Pages as exporters of chips and servers write them.

#include "measure/host/exporter_page.h"

#include <gtest/gtest.h>

namespace roofscape::host {
namespace {

using Readings = std::vector<SensorReading>;

TEST(ExporterPage, KnowsTheUsualExporters) {
  const char* const page =
      "# HELP DCGM_FI_DEV_POWER_USAGE Power draw (in W).\n"
      "# TYPE DCGM_FI_DEV_POWER_USAGE gauge\n"
      "DCGM_FI_DEV_POWER_USAGE{gpu=\"1\",UUID=\"GPU-x\",modelName=\"NVIDIA H200\"} 412.5\n"
      "DCGM_FI_DEV_SM_CLOCK{gpu=\"1\",UUID=\"GPU-x\"} 1755 1700000000000\n"
      "DCGM_FI_DEV_FB_USED{gpu=\"1\"} 12\n"
      "gpu_package_power{card_model=\"x\",gpu_id=\"3\"} 7.5e2\n"
      "ipmi_dcmi_power_consumption_watts 2210\r\n";
  EXPECT_EQ(ReadExporterPage(page, {}), (Readings{{"device_power_w", "1", 412.5},
                                                  {"device_sm_clock_mhz", "1", 1755},
                                                  {"device_power_w", "3", 750},
                                                  {"host_power_w", "0", 2210}}));
}

TEST(ExporterPage, ThePlanMayNameOthers) {
  EXPECT_EQ(ReadExporterPage("rack_watts{device=\"pdu \\\"A\\\", left\"} 5\n",
                             {{"rack_watts", "host_power_w"}}),
            (Readings{{"host_power_w", "pdu \"A\", left", 5}}));
  EXPECT_TRUE(IsSensorMetric("host_power_w"));
  EXPECT_FALSE(IsSensorMetric("rack_watts"));
}

TEST(ExporterPage, WhatCannotBeReadIsPassedOver) {
  for (const char* page :
       {"DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_POWER_USAGE{", "DCGM_FI_DEV_POWER_USAGE{gpu",
        "DCGM_FI_DEV_POWER_USAGE{gpu=\"1", "DCGM_FI_DEV_POWER_USAGE{gpu=\"1\\",
        "DCGM_FI_DEV_POWER_USAGE{gpu=\"1\"}", "DCGM_FI_DEV_POWER_USAGE{gpu=\"1\"} NaN",
        "DCGM_FI_DEV_POWER_USAGE{gpu=\"1\"} 4x", "DCGM_FI_DEV_POWER_USAGE{=\"1\"} 4", "\n\n",
        "{} 4"}) {
    EXPECT_EQ(ReadExporterPage(page, {}), Readings{}) << page;
  }
}

}  // namespace
}  // namespace roofscape::host
