#include "service/fleet/failure.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/core/text.h"

namespace roofscape::fleet {
namespace {

struct Class {
  std::string_view name;
  std::int64_t retries;
  bool blames_host;
};

constexpr std::array<Class, 19> kClasses = {{
    {"program", 0, true},    // The server's program is not there, or may not be run.
    {"memory", 0, false},    // It does not fit.
    {"busy", 1, true},       // Somebody else holds the chips.
    {"port", 3, false},      // Taken between our look and the server's.
    {"model", 0, false},     // Not found, or not readable.
    {"image", 1, true},      // Of a container: cannot be had.
    {"flag", 0, false},      // The server does not take its command line.
    {"start", 0, true},      // It ended before it was ready, and we do not know why.
    {"timeout", 1, true},    // It was not ready in time.
    {"crash", 1, true},      // It ended while it was measured.
    {"requests", 0, false},  // No request succeeded.
    {"measure", 0, false},   // The measurement could not be made.
    {"submit", 3, false},    // The executor did not take the job.
    {"cancelled", 3, false},  {"node", 5, true},  // The machine failed.
    {"limit", 20, false},      // The job's time was up. Each further job begins where it ended.
    {"lost", 3, true},         // The job ended without a word.
    {"environment", 0, true},  // The machine is another one than the plan, or the campaign, asks.
    {"worker", 1, true},       // The job could not work: a full disk, a folder that is gone.
}};

constexpr auto kNames = [] {
  std::array<std::string_view, kClasses.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kClasses[i].name;
  return names;
}();

/// What any program may write. Words of the operating system, of shells and of PyTorch.
struct Pattern {
  std::string_view log, kind, cure;
  std::string_view also = {};  // Must stand in the line, too.
};
constexpr std::array<Pattern, 12> kCommon = {{
    {"address already in use", "port",
     "another process took the port meanwhile; it is tried again with another one"},
    {"cuda out of memory", "memory",
     "use more chips, a narrower precision, or a smaller share of memory for the cache"},
    {"outofmemoryerror", "memory",
     "use more chips, a narrower precision, or a smaller share of memory for the cache"},
    {"hip out of memory", "memory",
     "use more chips, a narrower precision, or a smaller share of memory for the cache"},
    {"unrecognized arguments", "flag",
     "take the named argument out of launch.command or launch.arguments, or use a version of the "
     "engine that knows it"},
    {"invalid argument:", "flag", "mend the named argument in launch.command or launch.arguments"},
    {"manifest unknown", "image", "check launch.image: its registry does not have this tag"},
    {"pull access denied", "image", "log in to the registry on the host, or check launch.image"},
    {"no nvidia gpu", "program", "run it on a host with the GPUs that the deployment names"},
    {"driver version is insufficient", "program",
     "update the driver of the host, or use an image built for the older one"},
    {"not found", "program",
     "install the server's program on the host, or give its whole path in launch.command", "sh: "},
    {"permission denied", "program", "let this user read and run what the log names", "sh: "},
}};

bool Contains(std::string_view folded, std::string_view pattern) {
  std::string low(pattern);
  for (char& c : low) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return folded.find(low) != std::string_view::npos;
}

const Class* Find(std::string_view kind) {
  const auto* const found = std::find_if(kClasses.begin(), kClasses.end(),
                                         [&](const Class& c) { return c.name == kind; });
  return found == kClasses.end() ? nullptr : found;
}

}  // namespace

std::span<const std::string_view> FailureClasses() { return kNames; }

std::int64_t DefaultRetries(std::string_view kind) {
  const Class* const found = Find(kind);
  return found == nullptr ? 0 : found->retries;
}

std::int64_t RetriesOf(const std::map<std::string, std::int64_t>& plan, std::string_view kind) {
  const auto found = plan.find(std::string(kind));
  return found == plan.end() ? DefaultRetries(kind) : found->second;
}

bool BlamesHost(std::string_view kind) {
  const Class* const found = Find(kind);
  return found != nullptr && found->blames_host;
}

Failure FailureInLog(std::string_view log, std::span<const catalog::KnownFailure> known,
                     const Failure& otherwise) {
  for (const std::string& line : Split(log, '\n')) {
    std::string folded = line;
    for (char& c : folded) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const std::string reason = Printable(Trim(line), 300);
    for (const catalog::KnownFailure& failure : known) {
      if (Contains(folded, failure.log)) return {failure.kind, reason, failure.cure};
    }
    for (const Pattern& pattern : kCommon) {
      if (Contains(folded, pattern.log) && Contains(folded, pattern.also)) {
        return {std::string(pattern.kind), reason, std::string(pattern.cure)};
      }
    }
  }
  return otherwise;
}

}  // namespace roofscape::fleet
