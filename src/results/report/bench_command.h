// The command that measures a plan again.
//
// Thread safety: pure functions.

#pragma once

#include <string>

#include "domain/spec/plan.h"

namespace roofscape::report {

/// `text` as one word of a POSIX shell: unchanged where that is safe, else in single quotes.
std::string ShellQuote(const std::string& text);

/// The exact `roofscape bench` command of a plan, one flag group a line, joined by backslashes.
/// Secrets are never in a plan: the API key is taken from $OPENAI_API_KEY, and the values of extra
/// headers are left for the reader to fill in ("..."). A deployment that flags cannot say in full
/// is named as the file "deployment.json", which must hold the plan's "deployment" object.
std::string BenchCommand(const spec::Plan& plan);

}  // namespace roofscape::report
