// A series: points that may share a frontier, because they differ in nothing but load. Points of
// different model, deployment, engine, workload, protocol or way never meet in one.
//
// Ownership: plain values. Thread safety: pure functions.

#pragma once

#include <string>
#include <vector>

#include "domain/spec/run_result.h"

namespace roofscape::analysis {

/// Everything in which two points of one series must agree.
struct SeriesKey {
  std::string model;   // Of the deployment, else what the server told, else what was asked for.
  std::string engine;  // Name and version: of the deployment, else what the server told.
  spec::Deployment deployment;
  spec::Workload workload;
  spec::Api api = spec::Api::kChat;
  std::string server;  // Its URL, and only where no deployment says what served.
  std::string protocol;
  std::string way;  // measured, simulated or predicted

  friend bool operator==(const SeriesKey&, const SeriesKey&) = default;
};

/// The model's name: of the deployment, else what the server told, else what was asked for; may be
/// empty.
std::string ModelName(const spec::RunResult& run);

/// Engine and version, e.g. "llama.cpp b4321"; may be empty.
std::string EngineName(const spec::RunResult& run);

SeriesKey KeyOf(const spec::RunResult& run, const spec::PointResult& point);

/// One label a key: the workload's shape, and further what tells the keys apart. Different keys get
/// different labels.
std::vector<std::string> Labels(const std::vector<SeriesKey>& keys);

}  // namespace roofscape::analysis
