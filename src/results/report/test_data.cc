#include "results/report/test_data.h"

#include <algorithm>
#include <cmath>

#include "base/core/rng.h"

namespace roofscape::report {
namespace {

spec::Summary Spread(double median, double tail) {
  spec::Summary s;
  s.count = 100;
  s.min = 0.8 * median;
  s.p50 = median;
  s.mean = 1.1 * median;
  s.p99 = tail * median;
  s.max = 1.2 * tail * median;
  return s;
}

spec::PointMetrics Metrics(std::int64_t concurrency, std::int64_t input, std::int64_t output) {
  const double c = static_cast<double>(concurrency);
  const double in = static_cast<double>(input);
  const double out = static_cast<double>(output);
  const double tpot = 0.0021 * (1 + 0.16 * c);
  const double ttft = 2.4e-5 * in * (0.5 + 0.5 * c);
  const double e2e = ttft + tpot * (out - 1);
  spec::PointMetrics m;
  m.requests = m.successes = 20 * concurrency;
  m.request_rps = c / e2e;
  m.output_tps = c * out / e2e;
  m.input_tps = c * in / e2e;
  m.total_tps = *m.output_tps + *m.input_tps;
  m.input_tokens = input * m.requests;
  m.output_tokens = output * m.requests;
  m.cached_tokens = 0;
  m.in_flight_mean = c * 0.997;
  m.littles_law_in_flight = c * 0.994;
  m.ttft_s = Spread(ttft, 2.6);
  m.tpot_s = Spread(tpot, 1.3);
  m.itl_s = Spread(tpot * 0.98, 3.1);
  m.e2e_s = Spread(e2e, 1.25);
  m.send_delay_s = Spread(3.1e-5, 4);
  m.interactivity_tps.count = m.requests;
  m.interactivity_tps.p50 = 1 / tpot;
  m.interactivity_tps.p99 = 1 / (1.3 * tpot);
  m.window = {static_cast<std::int64_t>(1.2 * e2e * 1e9),
              static_cast<std::int64_t>(18 * e2e * 1e9)};
  return m;
}

ChartHistogram Histogram(const spec::Summary& s, Rng& rng) {
  ChartHistogram h;
  const double low = *s.min * 0.9;
  const double ratio = std::pow(*s.max / low, 1.0 / 48);
  for (int i = 0; i <= 48; ++i) h.edges_s.push_back(low * std::pow(ratio, i));
  h.counts.resize(48);
  for (int i = 0; i < 4000; ++i) {
    const double value =
        *s.p50 * std::exp(0.18 * rng.Normal() + 0.25 * std::abs(rng.Normal()) - 0.17);
    const auto bin = static_cast<std::int64_t>(std::log(value / low) / std::log(ratio));
    if (bin >= 0 && bin < 48) ++h.counts[static_cast<std::size_t>(bin)];
  }
  return h;
}

ChartCourse Course(double level, double span_s, Rng& rng) {
  ChartCourse course;
  course.step_s = span_s / 100;
  for (int i = 0; i < 100; ++i) {
    const double ramp = std::min({1.0, (i + 1) / 6.0, (100 - i) / 5.0});
    course.values.push_back(ramp * level * (1 + 0.04 * rng.Normal()));
  }
  return course;
}

spec::RunResult MakeRun(const std::string& id, std::int64_t input, std::int64_t output) {
  spec::RunResult run;
  run.id = id;
  run.started = {1'795'460'542'000'000};
  run.ended = WallTime{run.started.unix_us + 96'000'000};
  run.status = spec::RunStatus::kComplete;
  run.version = "0.1.0";
  run.plan.target.url = "http://127.0.0.1:8080";
  run.plan.target.api = spec::Api::kCompletions;
  run.plan.workload.input.tokens = input;
  run.plan.workload.output.tokens = output;
  run.plan.load.concurrency = {1, 2, 4, 8, 16};
  run.plan.labels["demo"] = "yes";
  run.host = {{"cpu", "AMD EPYC 9654"},
              {"cpus", "2"},
              {"kernel", "Linux 6.1.0"},
              {"memory_bytes", "8325365760"}};
  run.engine = {{"name", "llama.cpp"}, {"version", "b6527"}, {"model", "llama-25m-random"}};
  for (std::size_t i = 0; i < run.plan.load.concurrency.size(); ++i) {
    spec::PointResult point;
    point.index = static_cast<std::int64_t>(i);
    point.concurrency = run.plan.load.concurrency[i];
    point.complete = true;
    point.whole = Metrics(point.concurrency, input, output);
    point.steady = point.whole;
    point.audit.loop_busy_fraction = 0.012 * static_cast<double>(i + 1);
    point.audit.coalesced_fraction = 0.004;
    point.audit.cpu_steal_fraction = 0;
    run.points.push_back(point);
  }
  return run;
}

}  // namespace

ReportInput SampleInput() {
  ReportInput input;
  input.version = "0.1.0";
  input.generated = {1'795'460'742'000'000};
  input.runs = {MakeRun("20261123-190222-1a2b3c", 512, 128),
                MakeRun("20261123-190358-5d6e7f", 2048, 64)};
  Rng rng(7);
  for (std::size_t r = 0; r < input.runs.size(); ++r) {
    for (std::size_t i = 0; i < input.runs[r].points.size(); ++i) {
      const spec::PointMetrics& m = input.runs[r].points[i].whole;
      PointDetail d;
      d.run = r;
      d.point = i;
      d.ttft = Histogram(m.ttft_s, rng);
      d.itl = Histogram(m.itl_s, rng);
      d.e2e = Histogram(m.e2e_s, rng);
      const double span = 20 * *m.e2e_s.p50;
      d.output_tps = Course(*m.output_tps, span, rng);
      d.in_flight = Course(*m.in_flight_mean, span, rng);
      input.details.push_back(d);
    }
  }
  return input;
}

}  // namespace roofscape::report
