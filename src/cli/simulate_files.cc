#include "cli/simulate_files.h"

#include <utility>

#include "cli/request_csv.h"
#include "cli/simulate_text.h"

namespace roofscape::cli {
namespace {

Result<> Open(const std::string& path, const std::string& header, std::optional<WholeFile>& file) {
  if (path.empty()) return {};
  RS_ASSIGN_OR_RETURN(WholeFile opened, WholeFile::Create(path));
  file.emplace(std::move(opened));
  file->Write(header);
  return {};
}

}  // namespace

Result<SimulateFiles> SimulateFiles::Create(const std::string& requests_csv,
                                            const std::string& series) {
  SimulateFiles files;
  RS_RETURN_IF_ERROR(Open(requests_csv, RequestCsvHeader(), files.requests_));
  RS_RETURN_IF_ERROR(Open(series, SeriesCsvHeader(), files.series_));
  return files;
}

void SimulateFiles::WriteRequests(std::int64_t point, const spec::RequestLog& log) {
  if (requests_) requests_->Write(RequestCsvRows(point, log));
}

void SimulateFiles::WriteInOrder(std::int64_t point, const spec::RequestLog& row) {
  if (!requests_) return;
  waiting_.emplace(row.requests[0].id, RequestCsvRows(point, row));
  for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_id_;
       first = waiting_.erase(first)) {
    requests_->Write(first->second);
    ++next_id_;
  }
}

void SimulateFiles::WriteSnapshot(std::int64_t point, const sim::Snapshot& now) {
  if (series_) series_->Write(SeriesCsvRow(point, now));
}

void SimulateFiles::EndPoint() {
  for (const auto& [id, row] : waiting_) requests_->Write(row);
  waiting_.clear();
  next_id_ = 0;
}

Result<> SimulateFiles::Commit() {
  if (requests_) RS_RETURN_IF_ERROR(requests_->Commit());
  if (series_) RS_RETURN_IF_ERROR(series_->Commit());
  return {};
}

}  // namespace roofscape::cli
