#include "base/net/http_request.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/core/text.h"
#include "base/net/http_parser.h"

namespace roofscape::net {
namespace {

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < ' ' && c != '\t') || byte == 0x7f;
}

bool IsTokenChar(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > ' ' && byte < 0x7f &&
         std::string_view("\"(),/:;<=>?@[\\]{}").find(c) == std::string_view::npos;
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenChar);
}

Result<> CheckHeader(const Header& header) {
  if (!IsToken(header.name)) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("header '{}': a name is letters, digits and dashes. Write headers as "
                             "'Name: value'.",
                             Printable(header.name, 80))};
  }
  if (std::any_of(header.value.begin(), header.value.end(), IsControl)) {
    return Error{
        ErrorCode::kInvalidArgument,
        fmt::format("header '{}': its value holds a line end or another control character. "
                    "Remove it.",
                    header.name)};
  }
  static constexpr std::array<std::string_view, 4> kOurs = {"host", "content-length",
                                                            "transfer-encoding", "accept-encoding"};
  for (const std::string_view ours : kOurs) {
    if (EqualsIgnoreCase(header.name, ours)) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("header '{}': it is written by the client itself. Leave it out.",
                               header.name)};
    }
  }
  return {};
}

}  // namespace

Result<std::string> RequestHead(std::string_view method, std::string_view target,
                                std::string_view host, const std::vector<Header>& headers,
                                std::size_t body_bytes) {
  const auto blank_or_control = [](char c) { return c == ' ' || c == '\t' || IsControl(c); };
  if (!IsToken(method)) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("HTTP method '{}': use GET, POST or another word of letters.",
                             Printable(method, 40))};
  }
  if (!target.starts_with('/') || std::any_of(target.begin(), target.end(), blank_or_control)) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("request path '{}': it must begin with '/' and hold no blanks or "
                             "control characters. Write a blank as %20.",
                             Printable(target, 200))};
  }
  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nAccept-Encoding: identity\r\n",
                                 method, target, host);
  for (const Header& header : headers) {
    RS_RETURN_IF_ERROR(CheckHeader(header));
    head += fmt::format("{}: {}\r\n", header.name, header.value);
  }
  if (body_bytes > 0 || method == "POST" || method == "PUT" || method == "PATCH") {
    head += fmt::format("Content-Length: {}\r\n", body_bytes);
  }
  head += "\r\n";
  return head;
}

}  // namespace roofscape::net
