#include "service/twin/framing.h"

namespace roofscape::twin {

Framing::Framing(LineEnd line_end, bool data_space, std::optional<bool> names)
    : end_(line_end == LineEnd::kLf     ? "\n"
           : line_end == LineEnd::kCrLf ? "\r\n"
                                        : "\r"),
      data_(data_space ? "data: " : "data:"),
      names_(names) {}

void Framing::Open(std::string& out, std::string_view name) const {
  if (names_.value_or(!name.empty())) {
    out += "event: ";
    out += name.empty() ? "message" : name;
    out += end_;
  }
  out += data_;
}

void Framing::Close(std::string& out) const {
  out += end_;
  out += end_;
}

void Framing::Comment(std::string& out, std::string_view text) const {
  out += ": ";
  out += text;
  Close(out);
}

void Framing::NamedComment(std::string& out, std::string_view name, std::string_view text) const {
  out += "event: ";
  out += name;
  out += end_;
  Comment(out, text);
}

}  // namespace roofscape::twin
