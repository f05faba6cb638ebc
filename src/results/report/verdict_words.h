// The verdict of a report in words: was the instrument fit, and what did the server do.
//
// Thread safety: pure functions.

#pragma once

#include <string>

#include "results/report/page.h"

namespace roofscape::report {

enum class Tone { kGood, kWarning, kBad };

struct VerdictWords {
  Tone tone = Tone::kGood;
  std::string word;        // "Valid.", "Valid with reservations.", "Not valid.", "No points."
  std::string instrument;  // Whole sentences, plain text.
  std::string server;
};

VerdictWords InWords(const Page& page);

}  // namespace roofscape::report
