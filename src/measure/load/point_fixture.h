// For tests of whole points: a small plan, a server that answers it, and a run of it.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>

#include "base/net/testing/scripted_server.h"
#include "measure/load/run_point.h"

namespace roofscape::load::testing {

using net::testing::Chunk;
using net::testing::ChunkedHead;
using net::testing::LastChunk;
using net::testing::Peer;
using net::testing::ScriptedServer;

inline const char* const kToken =
    "data: {\"choices\":[{\"text\":\"ab\",\"finish_reason\":null}]}\n\n";
inline const char* const kFinish =
    "data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"length\"}],"
    "\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":3}}\n\n";
inline const char* const kDone = "data: [DONE]\n\n";

inline void Answer(Peer& peer, Nanos gap) {
  peer.Write(ChunkedHead());
  for (int i = 0; i < 3; ++i) {
    peer.Sleep(gap);
    peer.Write(Chunk(kToken));
  }
  peer.Write(Chunk(kFinish) + Chunk(kDone) + LastChunk());
}

inline spec::Plan SmallPlan(std::int64_t requests, std::int64_t warmup) {
  spec::Plan plan;
  plan.target.api = spec::Api::kCompletions;
  plan.workload.input = {8, 1.0};
  plan.workload.output = {3, 1.0};
  plan.load.requests = requests;
  plan.load.warmup = warmup;
  plan.timeouts = {1, 1, 1, 2};
  return plan;
}

struct Outcomes {
  PointRecord record;
  PointProgress progress;
  std::atomic<std::int64_t> sunk{0};  // Every loop hands over.
};

/// Runs one point against a server with this script; concurrency 0 is an open loop at `rate_rps`.
inline void Measure(ScriptedServer& server, spec::Plan plan, std::int64_t concurrency,
                    Outcomes& out, const std::atomic<bool>* stop = nullptr,
                    std::optional<double> rate_rps = {}) {
  const SystemClock clock;
  Dialect dialect;
  dialect.model = "m";
  dialect.alphabet = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  plan.target.url = server.url().Origin();
  PointSettings settings;
  settings.concurrency = concurrency;
  settings.rate_rps = rate_rps;
  settings.expected_e2e = std::chrono::milliseconds(10);
  settings.progress = &out.progress;
  settings.stop = stop;
  settings.sink = [&out](const spec::RequestLog& log) -> Result<> {
    out.sunk += static_cast<std::int64_t>(log.requests.size());
    return {};
  };
  auto record = RunPoint(plan, server.url(), {}, dialect, settings, clock);
  ASSERT_TRUE(record) << record.error().message;
  out.record = *std::move(record);
}

inline std::int64_t Count(const spec::RequestLog& log, spec::Outcome outcome) {
  return std::count_if(log.requests.begin(), log.requests.end(),
                       [outcome](const auto& r) { return r.outcome == outcome; });
}

}  // namespace roofscape::load::testing
