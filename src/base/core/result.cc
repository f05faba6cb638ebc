#include "base/core/result.h"

namespace roofscape {

std::string_view Name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return "invalid_argument";
    case ErrorCode::kNotFound: return "not_found";
    case ErrorCode::kTimeout: return "timeout";
    case ErrorCode::kIo: return "io";
    case ErrorCode::kProtocol: return "protocol";
    case ErrorCode::kUnavailable: return "unavailable";
    case ErrorCode::kCancelled: return "cancelled";
  }
  RS_CHECK(false && "unknown ErrorCode");
  return "";
}

Error Error::In(std::string_view circumstance) const {
  return Error{code, std::string(circumstance) + ": " + message};
}

}  // namespace roofscape
