#include "results/report/bench_command.h"

#include <cctype>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace roofscape::report {
namespace {

constexpr std::string_view kDeploymentFile = "deployment.json";

using Flags = std::vector<std::string>;

void Add(Flags& flags, std::string_view name, const std::string& value) {
  flags.push_back(fmt::format("--{} {}", name, ShellQuote(value)));
}

void AddLength(Flags& flags, std::string_view name, const spec::Length& length) {
  Add(flags, name, fmt::format("{}", length.tokens));
}

/// Only what is not the default, so that the command stays readable.
template <class T>
void AddUnlessDefault(Flags& flags, std::string_view name, T value, T usual) {
  if (value != usual) Add(flags, name, fmt::format("{}", value));
}

/// True if --chip and --chips say all that the plan says of its deployment.
bool ChipFlagsSayItAll(const spec::Deployment& deployment) {
  spec::Deployment plain;
  plain.chip = deployment.chip;
  if (const auto chips = spec::ChipCount(deployment)) {
    plain.roles.emplace_back().chips_per_worker = *chips;
  }
  return plain == deployment;
}

Flags WorkloadFlags(const spec::Plan& plan) {
  const spec::Workload& w = plan.workload;
  Flags flags;
  AddLength(flags, "input-tokens", w.input);
  AddLength(flags, "output-tokens", w.output);
  AddUnlessDefault(flags, "length-spread", w.input.low, 1.0);
  if (w.prompt_form != spec::PromptForm::kAuto) {
    Add(flags, "prompt-form", std::string(spec::Name(w.prompt_form)));
  }
  if (!w.ignore_eos) flags.emplace_back("--may-stop-early");
  if (w.prompt_cache) flags.emplace_back("--prompt-cache");
  return flags;
}

Flags LoadFlags(const spec::Plan& plan) {
  const spec::Load& load = plan.load;
  Flags flags;
  if (load.arrivals == spec::Arrivals::kClosed) {
    Add(flags, "concurrency", fmt::format("{}", fmt::join(load.concurrency, ",")));
  } else {
    Add(flags, "arrivals", std::string(spec::Name(load.arrivals)));
  }
  if (!load.rates_rps.empty())
    Add(flags, "rate", fmt::format("{}", fmt::join(load.rates_rps, ",")));
  if (load.protocol != spec::Protocol::kSteady) {
    Add(flags, "protocol", std::string(spec::Name(load.protocol)));
  }
  if (load.duration_s) Add(flags, "duration", fmt::format("{}", *load.duration_s));
  if (load.requests) Add(flags, "requests", fmt::format("{}", *load.requests));
  AddUnlessDefault(flags, "requests-per-slot", load.requests_per_slot,
                   spec::Load().requests_per_slot);
  if (load.warmup) Add(flags, "warmup", fmt::format("{}", *load.warmup));
  if (load.repeat != 1) Add(flags, "repeat", fmt::format("{}", load.repeat));
  Add(flags, "seed", fmt::format("{}", plan.seed));
  return flags;
}

Flags OtherFlags(const spec::Plan& plan) {
  const spec::Timeouts& t = plan.timeouts;
  const spec::Timeouts usual;
  Flags flags;
  AddUnlessDefault(flags, "connect-timeout", t.connect_s, usual.connect_s);
  AddUnlessDefault(flags, "first-byte-timeout", t.first_byte_s, usual.first_byte_s);
  AddUnlessDefault(flags, "idle-timeout", t.idle_s, usual.idle_s);
  AddUnlessDefault(flags, "request-timeout", t.request_s, usual.request_s);
  if (plan.keep_text) flags.emplace_back("--keep-text");
  for (const auto& [key, value] : plan.labels) Add(flags, "label", key + "=" + value);
  return flags;
}

Flags TargetFlags(const spec::Plan& plan) {
  Flags flags;
  Add(flags, "api", std::string(spec::Name(plan.target.api)));
  if (plan.target.token_counts != spec::TokenCounts::kAuto) {
    Add(flags, "token-counts", std::string(spec::Name(plan.target.token_counts)));
  }
  if (!plan.target.model.empty()) Add(flags, "model", plan.target.model);
  for (const std::string& name : plan.target.header_names) Add(flags, "header", name + ": ...");
  if (!plan.target.extra_body.empty()) Add(flags, "extra-body", plan.target.extra_body);
  return flags;
}

Flags DeploymentFlags(const spec::Plan& plan) {
  Flags flags;
  if (!ChipFlagsSayItAll(plan.deployment)) {
    Add(flags, "deployment", std::string(kDeploymentFile));
    return flags;
  }
  if (!plan.deployment.chip.empty()) Add(flags, "chip", plan.deployment.chip);
  const auto chips = spec::ChipCount(plan.deployment);
  if (chips) Add(flags, "chips", fmt::format("{}", *chips));
  return flags;
}

}  // namespace

std::string ShellQuote(const std::string& text) {
  constexpr std::string_view kSafe = "_-.,:/=@%+";
  bool safe = !text.empty();
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (!plain && kSafe.find(c) == std::string_view::npos) safe = false;
  }
  if (safe) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string BenchCommand(const spec::Plan& plan) {
  std::string out = "roofscape bench " + ShellQuote(plan.target.url);
  for (const Flags& group : {TargetFlags(plan), WorkloadFlags(plan), LoadFlags(plan),
                             DeploymentFlags(plan), OtherFlags(plan)}) {
    if (!group.empty()) out += fmt::format(" \\\n  {}", fmt::join(group, " "));
  }
  return out;
}

}  // namespace roofscape::report
