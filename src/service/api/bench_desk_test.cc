// Runs that are started over HTTP: what may be asked for, and how a script in place of the program
// fares.

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "service/api/bench_desk.h"

namespace roofscape::api {
namespace {

constexpr const char* kLeast = R"({"url": "http://127.0.0.1:8000", "concurrency": [1, 2]})";

TEST(BenchRequest, IsReadAndBecomesTheWordsOfACommand) {
  const auto least = ReadBenchRequest(kLeast);
  ASSERT_TRUE(least) << least.error().message;
  EXPECT_EQ(
      ArgumentsOf(*least),
      (std::vector<std::string>{"bench", "http://127.0.0.1:8000", "--api=chat", "--concurrency=1,2",
                                "--input-tokens=1024", "--output-tokens=1024"}));
  const auto whole = ReadBenchRequest(
      R"({"url": "[::1]:9/v", "api": "completions", "model": "--db=/etc/x y", "chip": "h100",
          "chips": 2, "rate_rps": [0.5, 2], "input_tokens": 10, "output_tokens": 20,
          "duration_s": 30, "requests_per_slot": null})");
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(
      ArgumentsOf(*whole),
      (std::vector<std::string>{"bench", "http://[::1]:9/v", "--api=completions",
                                "--model=--db=/etc/x y", "--chip=h100", "--chips=2", "--rate=0.5,2",
                                "--input-tokens=10", "--output-tokens=20", "--duration=30"}));
  EXPECT_EQ(*ReadBenchRequest(ToJson(*whole).dump()), *whole);
}

TEST(BenchRequest, RefusesOtherMachinesAndWhatNoFormSends) {
  const std::pair<const char*, const char*> bad[] = {
      {"", "body"},
      {"[]", "body"},
      {R"({"concurrency": [1]})", "url"},
      {R"({"url": "http://example.org", "concurrency": [1]})", "no address of this machine"},
      {R"({"url": "http://127.evil.example", "concurrency": [1]})", "no address of this machine"},
      {R"({"url": "http://127.0.0.1.evil.example", "concurrency": [1]})", "no address of this"},
      {R"({"url": "http://127.0.0.1@evil.example", "concurrency": [1]})", "url"},
      {R"({"url": "http://evil.example#@127.0.0.1", "concurrency": [1]})", "url"},
      {R"({"url": "http://169.254.169.254/latest", "concurrency": [1]})", "no address of this"},
      {R"({"url": "http://0.0.0.0", "concurrency": [1]})", "no address of this"},
      {R"({"url": "file:///etc/passwd", "concurrency": [1]})", "url"},
      {R"({"url": "--db=/tmp/x", "concurrency": [1]})", "url"},
      {R"({"url": "http://127.0.0.1/?x=1", "concurrency": [1]})", "its query"},
      {R"({"url": "http://127.0.0.1"})", "concurrency"},
      {R"({"url": "http://127.0.0.1", "concurrency": [1], "rate_rps": [1]})", "concurrency"},
      {R"({"url": "http://127.0.0.1", "concurrency": [0]})", "concurrency"},
      {R"({"url": "http://127.0.0.1", "concurrency": [1e9]})", "concurrency"},
      {R"({"url": "http://127.0.0.1", "concurrency": ["1; rm -rf /"]})", "concurrency"},
      {R"({"url": "http://127.0.0.1", "rate_rps": [-1]})", "rate_rps"},
      {R"({"url": "http://127.0.0.1", "concurrency": [1], "api": "ftp"})", "api"},
      {R"({"url": "http://127.0.0.1", "concurrency": [1], "model": "a\nb"})", "model"},
      {R"({"url": "http://127.0.0.1", "concurrency": [1], "chips": 0})", "chips"},
      {R"({"url": "http://127.0.0.1", "concurrency": [1], "duration_s": 1e9})", "duration_s"},
      {R"({"url": "http://127.0.0.1", "concurrency": [1], "input_tokens": -5})", "input_tokens"},
      {R"({"url": "http://127.0.0.1", "concurrency": [1], "extra_body": "{}"})", "extra_body"},
      {R"({"url": "http://127.0.0.1", "concurrency": [1], "header": "A: b"})", "header"},
  };
  for (const auto& [body, word] : bad) {
    const auto request = ReadBenchRequest(body);
    ASSERT_FALSE(request) << body;
    EXPECT_EQ(request.error().code, ErrorCode::kInvalidArgument) << body;
    EXPECT_NE(request.error().message.find(word), std::string::npos) << request.error().message;
  }
  const std::string many = R"({"url": "http://127.0.0.1", "concurrency": [1)";
  std::string list = many;
  for (int i = 0; i < 40; ++i) list += ",1";
  EXPECT_FALSE(ReadBenchRequest(list + "]}"));
  EXPECT_FALSE(ReadBenchRequest(std::string(60'000, '[')));
}

class BenchDeskTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "roofscape-desk-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    setenv("OPENAI_API_KEY", "secret-of-the-owner", 1);
    // Writes down how it was called; then does what the model says.
    std::ofstream(folder_ + "/program")
        << "#!/bin/sh\n"
        << "echo \"$@ db=$ROOFSCAPE_DB key=$OPENAI_API_KEY\" >> '" << folder_ << "/calls'\n"
        << "case \"$*\" in\n"
        << "*slow*) trap 'exit 1' TERM; i=0; while [ $i -lt 600 ]; do sleep 0.1; "
           "i=$((i+1)); done;;\n"
        << "*broken*) echo first >&2; echo 'roofscape: no server there' >&2; exit 1;;\n"
        << "*invalid*) exit 3;;\n"
        << "esac\n";
    std::filesystem::permissions(folder_ + "/program", std::filesystem::perms::owner_all);
  }
  void TearDown() override {
    unsetenv("OPENAI_API_KEY");
    std::filesystem::remove_all(folder_);
  }

  BenchDeskOptions Options() const {
    return {
        .program = folder_ + "/program", .database = "some.db", .grace = std::chrono::seconds(5)};
  }

  static BenchRequest Of(const std::string& model) {
    BenchRequest request = *ReadBenchRequest(kLeast);
    request.model = model;
    return request;
  }

  static std::string StateOf(const BenchDesk& desk, const std::string& id) {
    for (const Json& entry : desk.Entries()) {
      if (entry["id"] == id) return entry["state"];
    }
    return "forgotten";
  }

  static void Await(const BenchDesk& desk, const std::string& id, const std::string& state) {
    for (int i = 0; i < 3000 && StateOf(desk, id) != state; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(StateOf(desk, id), state);
  }

  std::string Calls() const {
    std::ifstream file(folder_ + "/calls");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  SystemClock clock_;
  std::string folder_;
};

TEST_F(BenchDeskTest, RunsOneAfterTheOtherAndSaysHowTheyEnded) {
  BenchDesk desk(Options(), clock_);
  const std::string slow = (*desk.Add(Of("slow")))["id"];
  const std::string broken = (*desk.Add(Of("broken")))["id"];
  const std::string good = (*desk.Add(Of("good")))["id"];
  const std::string invalid = (*desk.Add(Of("invalid")))["id"];
  Await(desk, slow, "running");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(StateOf(desk, broken), "waiting");
  EXPECT_EQ((*desk.Cancel(slow))["state"], "stopping");
  Await(desk, slow, "cancelled");
  Await(desk, broken, "failed");
  Await(desk, good, "done");
  Await(desk, invalid, "done");  // Measured, and its own audit says of what worth.
  for (const Json& entry : desk.Entries()) {
    if (entry["id"] == broken) {
      EXPECT_EQ(entry["message"], "roofscape: no server there");
    }
    EXPECT_FALSE(entry["ended"].is_null());
  }
  const std::string calls = Calls();
  EXPECT_NE(calls.find("--model=good --concurrency=1,2"), std::string::npos) << calls;
  EXPECT_NE(calls.find("--label=queue=" + good + " db=some.db key=\n"), std::string::npos) << calls;
  EXPECT_EQ(calls.find("secret"), std::string::npos) << calls;
}

TEST_F(BenchDeskTest, WhatWaitsCanBeTakenOffAndTheQueueHasAnEnd) {
  BenchDesk desk(Options(), clock_);
  const std::string slow = (*desk.Add(Of("slow")))["id"];
  Await(desk, slow, "running");
  std::string last;
  for (std::size_t i = 0; i < BenchDesk::kMaxWaiting; ++i) last = (*desk.Add(Of("good")))["id"];
  const auto more = desk.Add(Of("good"));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ((*desk.Cancel(last))["state"], "cancelled");
  EXPECT_EQ((*desk.Cancel(last))["state"], "cancelled");
  EXPECT_TRUE(desk.Add(Of("good")));
  EXPECT_EQ(desk.Cancel("q999-none").error().code, ErrorCode::kNotFound);
}

TEST_F(BenchDeskTest, StopEndsWhatRuns) {
  const Instant began = clock_.Now();
  {
    BenchDesk desk(Options(), clock_);
    const std::string slow = (*desk.Add(Of("slow")))["id"];
    Await(desk, slow, "running");
    desk.Stop();
    EXPECT_EQ(StateOf(desk, slow), "cancelled");
    EXPECT_FALSE(desk.Add(Of("good")));
  }
  EXPECT_LT(clock_.Now() - began, std::chrono::seconds(30));
}

TEST_F(BenchDeskTest, AProgramThatIsNotThereFailsWithAReason) {
  BenchDeskOptions options = Options();
  options.program = folder_ + "/none";
  BenchDesk desk(options, clock_);
  const std::string id = (*desk.Add(Of("good")))["id"];
  Await(desk, id, "failed");
  EXPECT_NE(desk.Entries()[0]["message"].get<std::string>().find("127"), std::string::npos);
}

}  // namespace
}  // namespace roofscape::api
