#include "service/fleet/remote_folder.h"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/core/text.h"
#include "service/fleet/file.h"
#include "service/fleet/job.h"

namespace roofscape::fleet {
namespace {

namespace fs = std::filesystem;
constexpr Nanos kPatience = std::chrono::seconds(120);

Error Again(std::string_view what, const std::string& source) {
  return {ErrorCode::kUnavailable, fmt::format("{}: what {} sent is fetched again", what, source)};
}

/// Every file of `from` to its place in `to`.
Result<> MoveFiles(const std::string& from, const std::string& to, const std::string& source) {
  std::error_code failure;
  for (const auto& entry : fs::recursive_directory_iterator(from, failure)) {
    if (!entry.is_regular_file(failure)) continue;
    const fs::path place = fs::path(to) / entry.path().lexically_relative(from);
    fs::create_directories(place.parent_path(), failure);
    fs::rename(entry.path(), place, failure);
    if (failure) return Again(fmt::format("{}: {}", place.string(), failure.message()), source);
  }
  if (failure) return Again(failure.message(), source);
  return {};
}

}  // namespace

Result<bool> FetchFolder(const RemoteShell& shell, const RemoteError& error,
                         const std::string& there, const std::string& here,
                         const std::string& source, const Clock& clock) {
  const std::string folder = ShellQuoted(there);
  RS_ASSIGN_OR_RETURN(const CommandResult journal,
                      shell(fmt::format("cat {}/{} 2>/dev/null || true", folder, kJournalFile)));
  if (journal.status != 0) return error(journal);
  const std::string journal_here = here + "/" + kJournalFile;
  const auto known = ReadFile(journal_here);
  if (known ? *known == journal.out : journal.out.empty()) return false;
  std::string files = fmt::format("$(ls {} {} 2>/dev/null)", kServerLog, kWorkerLog);
  for (const JournalLine& line : ParseJournal(journal.out)) {
    if (line.db.empty() || FileSize(here + "/" + line.db) > 0) continue;
    files += " " + ShellQuoted(line.db);
  }
  const std::string incoming = here + "/incoming";
  std::error_code ignored;
  fs::remove_all(incoming, ignored);
  RS_RETURN_IF_ERROR(MakeFolder(incoming));
  // The journal stands in it, too: a stream of nothing is none for tar.
  RS_ASSIGN_OR_RETURN(const CommandResult packed,
                      shell(fmt::format("cd {} && tar -cf - {} {}", folder, kJournalFile, files)));
  // 1: a log grew while it was read.
  if (packed.status > 1) return error(packed);
  RS_ASSIGN_OR_RETURN(const CommandResult unpacked, RunCommand({"tar", "-xf", "-", "-C", incoming},
                                                               packed.out, kPatience, clock));
  if (unpacked.status != 0) {
    return Again(fmt::format("tar: {}", Printable(Trim(unpacked.err), 200)), source);
  }
  fs::remove(incoming + "/" + kJournalFile, ignored);
  RS_RETURN_IF_ERROR(MoveFiles(incoming, here, source));
  fs::remove_all(incoming, ignored);
  RS_RETURN_IF_ERROR(WriteFile(journal_here, journal.out));
  return true;
}

}  // namespace roofscape::fleet
