// The dashboard's API over many points: how soon it answers after its start, and each view at 200
// requests a second. From the root of the repository:
//
//   api_bench [POINTS] [REQUESTS_PER_SECOND] [SECONDS]     default 100000 200 20
//
// Requests come on a fixed schedule (open loop), each over one of several kept connections, and
// every latency counts from the scheduled time. Queries vary, so that part of them finds an answer
// that was kept and part does not; `made` is without what was kept: each query once. Client and
// server share the machine.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/rng.h"
#include "service/api/run_api.h"

namespace {

namespace rs = roofscape;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kDayUs = 86'400'000'000;
constexpr std::array kChips = {"a100-sxm-80gb", "h100-sxm",    "h200-sxm",    "b200-sxm",
                               "b300-sxm",      "gb200-nvl72", "gb300-nvl72", "mi300x",
                               "mi325x",        "mi355x",      "tpu-v6e",     "trainium2"};
constexpr std::array kModels = {"deepseek-v3",    "gpt-oss-120b", "llama-3.1-70b", "llama-3.1-8b",
                                "qwen3-32b",      "kimi-k2",      "glm-4.6",       "minimax-m2.5",
                                "llama-3.1-405b", "gemma-3-27b"};
constexpr std::array kEngines = {"vllm", "sglang", "tensorrt-llm"};

template <class T>
T Must(rs::Result<T> result) {
  if (result) return *std::move(result);
  fmt::print(stderr, "api_bench: {}\n", result.error().message);
  std::exit(1);
}

void Must(const rs::Result<>& result) {
  if (result) return;
  fmt::print(stderr, "api_bench: {}\n", result.error().message);
  std::exit(1);
}

double MsSince(Clock::time_point began) {
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

rs::catalog::Catalog ReadCatalog() {
  std::vector<rs::catalog::CatalogFile> files;
  for (const std::string_view folder : rs::catalog::Folders()) {
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path("catalog") / folder)) {
      std::ifstream file(entry.path());
      std::stringstream text;
      text << file.rdbuf();
      files.push_back({fmt::format("{}/{}", folder, entry.path().filename().string()), text.str()});
    }
  }
  return Must(rs::catalog::ParseCatalog(files));
}

rs::spec::Row MakeRow(std::int64_t setup, std::int64_t day, std::int64_t load, rs::Rng& rng) {
  rs::spec::Row row;
  std::int64_t rest = setup;
  const auto digit = [&](std::size_t base) {
    const std::int64_t value = rest % static_cast<std::int64_t>(base);
    rest /= static_cast<std::int64_t>(base);
    return static_cast<std::size_t>(value);
  };
  row.deployment.model = kModels[digit(kModels.size())];
  row.deployment.chip = kChips[digit(kChips.size())];
  row.deployment.engine = kEngines[digit(kEngines.size())];
  row.deployment.precision = digit(2) == 0 ? "fp8" : "bf16";
  row.deployment.speculative = "none";
  row.workload.input = {digit(2) == 0 ? 8192 : 1024, 0.8};
  row.workload.output = {1024, 0.8};
  const std::int64_t chips = std::int64_t{4} << digit(2);
  row.deployment.roles.push_back({.chips_per_worker = chips, .tp = chips});
  row.protocol = "inferencex";
  row.measured = rs::WallTime{1'750'000'000'000'000 + day * kDayUs};
  row.day_only = true;
  row.concurrency = std::int64_t{4} << load;
  row.origin.format = "bench";
  row.origin.url = fmt::format("https://example.org/runs/{}/{}", setup, day);
  row.origin.key = fmt::format("{}/{}/{}", setup, day, load);
  row.facts = {{"image", fmt::format("engine:{}", day)}};
  const double tpot = 0.005 + 0.004 * static_cast<double>(load) + 0.001 * rng.Uniform();
  for (const char* stat : {"mean", "p50", "p90", "p99"}) {
    row.values.Set(fmt::format("tpot_{}_s", stat), tpot);
    row.values.Set(fmt::format("itl_{}_s", stat), tpot);
    row.values.Set(fmt::format("ttft_{}_s", stat), 0.1 + rng.Uniform());
    row.values.Set(fmt::format("e2e_{}_s", stat), 5 + rng.Uniform());
    row.values.Set(fmt::format("interactivity_{}_tps", stat), 1 / tpot);
  }
  const double rate = 1000 * (1 + rng.Uniform()) * static_cast<double>(load + 1);
  row.values.Set("total_tps_per_chip", rate);
  row.values.Set("input_tps_per_chip", 0.8 * rate);
  row.values.Set("output_tps_per_chip", 0.2 * rate);
  return row;
}

void Fill(const std::string& path, std::int64_t points) {
  const auto archive = Must(rs::store::OpenArchive(path, rs::store::OpenMode::kReadWrite));
  rs::Rng rng(1);
  constexpr auto kSetups =
      static_cast<std::int64_t>(kModels.size() * kChips.size() * kEngines.size() * 2 * 2 * 2);
  Must(archive->Begin({"bench", "bench", "0", rs::WallTime{1}}, ""));
  std::vector<rs::spec::Row> batch;
  for (std::int64_t made = 0; made < points; ++made) {
    const std::int64_t curve = made / 7;
    batch.push_back(MakeRow(curve % kSetups, 25 * (curve / kSetups), made % 7, rng));
    if (batch.size() < 4096) continue;
    Must(archive->Add(batch));
    batch.clear();
  }
  Must(archive->Add(batch));
  Must(archive->Commit());
}

/// A kept connection that asks one thing after another.
class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) std::exit(1);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { close(fd_); }

  /// The length of the body; exits where the answer is no 200.
  std::size_t Get(const std::string& target) {
    const std::string request =
        fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n", target);
    if (send(fd_, request.data(), request.size(), 0) < 0) std::exit(1);
    std::string answer;
    std::size_t head = std::string::npos;
    std::size_t length = 0;
    while (head == std::string::npos || answer.size() < head + 4 + length) {
      char part[65536];
      const ssize_t got = recv(fd_, part, sizeof(part), 0);
      if (got <= 0) std::exit(1);
      answer.append(part, static_cast<std::size_t>(got));
      if (head != std::string::npos) continue;
      head = answer.find("\r\n\r\n");
      if (head == std::string::npos) continue;
      if (answer.compare(9, 3, "200") != 0) {
        fmt::print(stderr, "api_bench: {}: {}\n", target, answer.substr(0, 2000));
        std::exit(1);
      }
      length = static_cast<std::size_t>(std::atoll(answer.c_str() + answer.find("Length: ") + 8));
    }
    return length;
  }

 private:
  int fd_;
};

struct View {
  std::string name;
  std::function<std::string(std::int64_t)> target;  // Of the n-th request.
};

std::vector<View> Views(std::int64_t points) {
  const auto model = [](std::int64_t n) {
    return kModels[static_cast<std::size_t>(n) % kModels.size()];
  };
  const auto chip = [](std::int64_t n) {
    return kChips[static_cast<std::size_t>(n / 7) % kChips.size()];
  };
  const auto shape = [](std::int64_t n) { return n / 3 % 2 == 0 ? "8192/1024" : "1024/1024"; };
  return {
      {"frontier",
       [=](std::int64_t n) {
         return fmt::format("/api/v1/frontier?model={}&shape={}&at={}", model(n), shape(n),
                            20 + n % 50);
       }},
      {"frontier, cost against TTFT, a chip",
       [=](std::int64_t n) {
         return fmt::format(
             "/api/v1/frontier?model={}&chip={}&x=ttft_p99_s&y=usd_per_mtok_total&latest=1",
             model(n), chip(n));
       }},
      {"row",
       [=](std::int64_t n) { return fmt::format("/api/v1/rows/a{}", 1 + n * 7919 % points); }},
      {"answer",
       [=](std::int64_t n) {
         return fmt::format("/api/v1/answer?model={}&input=8192&output=1024&interactivity_tps={}",
                            model(n), 30 + n % 100);
       }},
      {"compare",
       [=](std::int64_t n) {
         return fmt::format(
             "/api/v1/compare?model={}&chip={}&side=engine%3Dvllm&side=engine%3Dsglang&at={}",
             model(n), chip(n), 40 + n % 50);
       }},
      {"history",
       [=](std::int64_t n) {
         return fmt::format("/api/v1/history?model={}&chip={}&at={}", model(n), chip(n),
                            40 + n % 50);
       }},
      {"predict",
       [=](std::int64_t n) {
         return fmt::format(
             "/api/v1/predict?model=llama-3.1-70b&chip=h200-sxm&tp={}&precision=fp8&input={}",
             n % 2 == 0 ? 4 : 8, 1024 + n);
       }},
      {"meta", [](std::int64_t) { return std::string("/api/v1/meta"); }},
      {"catalog", [](std::int64_t) { return std::string("/api/v1/catalog/chips"); }},
  };
}

void Print(const std::string& name, std::vector<double> ms) {
  std::sort(ms.begin(), ms.end());
  if (ms.empty()) return;
  const auto at = [&](double q) {
    return ms[static_cast<std::size_t>(q * static_cast<double>(ms.size() - 1))];
  };
  fmt::print("{:<40}{:>8}{:>10.2f}{:>10.2f}{:>10.2f}\n", name, ms.size(), at(0.5), at(0.99),
             ms.back());
}

/// All views in turn at that rate, each latency from its scheduled time.
void Load(std::uint16_t port, const std::vector<View>& views, double rate, double seconds) {
  constexpr std::size_t kClients = 16;
  const auto total = static_cast<std::int64_t>(rate * seconds);
  const auto began = Clock::now() + std::chrono::milliseconds(50);
  std::atomic<std::int64_t> next{0};
  std::mutex mutex;
  std::map<std::string, std::vector<double>> found;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kClients; ++i) {
    threads.emplace_back([&] {
      Client client(port);
      for (std::int64_t n = next++; n < total; n = next++) {
        const auto due = began + std::chrono::duration_cast<Clock::duration>(
                                     std::chrono::duration<double>(static_cast<double>(n) / rate));
        std::this_thread::sleep_until(due);
        const View& view = views[static_cast<std::size_t>(n) % views.size()];
        client.Get(view.target(n / static_cast<std::int64_t>(views.size())));
        const double ms = MsSince(due);
        const std::scoped_lock lock(mutex);
        found[view.name].push_back(ms);
        found["all"].push_back(ms);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  fmt::print("\nat {:g} requests/s for {:g} s\n{:<40}{:>8}{:>10}{:>10}{:>10}\n", rate, seconds, "",
             "requests", "p50 ms", "p99 ms", "max ms");
  for (const View& view : views) Print(view.name, found[view.name]);
  Print("all", found["all"]);
}

void Ask(const std::string& path, std::int64_t points, double rate, double seconds) {
  const rs::catalog::Catalog catalog = ReadCatalog();
  const auto began = Clock::now();
  const auto model = Must(rs::calibrate::Model::Shipped());
  const auto curves = Must(rs::perf::KernelCurves::Parse(rs::perf::EmbeddedKernelCurves()));
  rs::perf::KernelBook book(curves);
  const rs::api::Predictor predictor(catalog, model, book);
  rs::api::StoreAccess store(path, catalog);
  const rs::api::Facts facts{&catalog, &predictor, "bench", path};
  const rs::SystemClock clock;
  rs::api::RunOptions options;
  options.threads = 2;
  options.server.rate.per_second = 0;
  const auto run = Must(rs::api::ApiRun::Start(facts, store, options, clock));
  Client client(run->port());
  const std::size_t first = client.Get("/api/v1/frontier");
  fmt::print("cold start to the first view: {:.0f} ms ({} bytes, gzip)\n", MsSince(began), first);
  const std::vector<View> views = Views(points);
  fmt::print("\nmade, one at a time\n{:<40}{:>8}{:>10}{:>10}{:>10}\n", "", "requests", "p50 ms",
             "p99 ms", "max ms");
  for (const View& view : views) {
    std::vector<double> ms;
    for (std::int64_t n = 0; n < 50; ++n) {
      const std::string target = view.target(100'000 + n);
      const auto asked = Clock::now();
      client.Get(target);
      ms.push_back(MsSince(asked));
    }
    Print(view.name, ms);
  }
  Load(run->port(), views, rate, seconds);
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t points = argc > 1 ? std::atoll(argv[1]) : 100'000;
  const double rate = argc > 2 ? std::atof(argv[2]) : 200;
  const double seconds = argc > 3 ? std::atof(argv[3]) : 20;
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / fmt::format("api-bench-{}", getpid());
  std::filesystem::create_directories(folder);
  const std::string path = folder / "archive.db";
  Fill(path, points);
  Ask(path, points, rate, seconds);
  std::filesystem::remove_all(folder);
}
