// What `roofscape daemon` does to the world: commands, sweeps and publishing as processes of this
// program, messages, files.
//
// Thread safety: one thread.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/core/clock.h"
#include "service/fleet/daemon.h"

namespace roofscape::cli {

struct DaemonPlaces {
  std::string folder;   // Of the configuration: plans, commands and files are relative to it.
  std::string db;       // As StorePath gives it.
  std::string catalog;  // As --catalog; empty: none.
  std::string jobs;     // As --folder of sweep; empty: none.
  std::string logs;     // Where the output of what is run goes, a file an entry.
};

class RealHands final : public fleet::DaemonHands {
 public:
  RealHands(DaemonPlaces places, const Clock& clock) : places_(std::move(places)), clock_(clock) {}

  Result<std::string> AskRelease(const fleet::DaemonEntry& entry) override;
  Result<std::optional<fleet::Failure>> Sweep(const fleet::DaemonEntry& entry,
                                              const fleet::Occasion& occasion) override;
  Result<> Examine(const fleet::DaemonEntry& entry, const fleet::EntryState& state,
                   fleet::OccasionReport& report) override;
  Result<> Publish(const fleet::DaemonEntry& entry) override;
  Result<> Send(const fleet::DaemonEntry& entry, const std::string& channel,
                const std::string& subject, const std::string& text) override;
  Result<> WriteJunit(const fleet::DaemonEntry& entry, const std::string& text) override;
  Result<bool> IsGone(const fleet::DaemonEntry& entry, const fleet::Occasion& occasion) override;

  /// `sweep` of the entry's plan with further words.
  std::vector<std::string> SweepCommand(const fleet::DaemonEntry& entry,
                                        const std::vector<std::string>& more) const;
  Result<std::string> CampaignOf(const fleet::DaemonEntry& entry) const;

 private:
  std::string In(const std::string& path) const;
  std::string LogOf(const fleet::DaemonEntry& entry) const;
  /// Runs this program to its end, its output behind the entry's log; what it said.
  struct Ran {
    int status = 0;
    std::string said;  // The end of it.
  };
  Result<Ran> RunProgram(const fleet::DaemonEntry& entry, const std::vector<std::string>& command,
                         const std::string& release);
  Result<> Post(const fleet::DaemonEntry& entry, const std::string& text);

  const DaemonPlaces places_;
  const Clock& clock_;
};

}  // namespace roofscape::cli
