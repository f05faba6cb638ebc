// Errors as values. A function that can fail for a reason outside the program (a flag, a file, the
// network, a server) returns Result<T>. Nothing in src/ throws; an exception of a library stops at
// the call to it. Messages name the thing from the outside in and end with the cure:
//   "plan 'a.toml': line 3: concurrency: must be a positive integer, got 'many'"
//
// Thread safety: plain values.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/core/check.h"

namespace roofscape {

enum class ErrorCode {
  kInvalidArgument,  // The user asked for something that makes no sense: exit status 2.
  kNotFound,         // A named thing does not exist.
  kTimeout,          // A time limit passed.
  kIo,               // The operating system refused: file, socket, memory, descriptors.
  kProtocol,         // The peer or a file does not speak the format it promised.
  kUnavailable,      // The thing exists but cannot serve now: refused, busy, locked, overloaded.
  kCancelled,        // The user stopped it.
};

/// The name in lower case, e.g. "not_found".
std::string_view Name(ErrorCode code);

/// What went wrong, in words a user can act on.
struct Error {
  ErrorCode code;
  std::string message;

  /// The same error with an outer circumstance in front: "plan 'a.toml': <message>".
  Error In(std::string_view circumstance) const;
};

/// A T, or the reason there is none. Look before you dereference: *r on an error aborts.
template <class T = void>
class [[nodiscard]] Result {
 public:
  static_assert(!std::is_same_v<T, Error>);

  // Implicit, so that `return value;` and `return Error{...};` both work.
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return std::holds_alternative<T>(state_); }

  /// REQUIRES: *this holds a value.
  const T& operator*() const& {
    RequireValue();
    return *std::get_if<T>(&state_);
  }
  T& operator*() & {
    RequireValue();
    return *std::get_if<T>(&state_);
  }
  T&& operator*() && {
    RequireValue();
    return std::move(*std::get_if<T>(&state_));
  }
  const T* operator->() const { return &**this; }
  T* operator->() { return &**this; }

  /// REQUIRES: !*this.
  const Error& error() const {
    const Error* error = std::get_if<Error>(&state_);
    RS_CHECK(error != nullptr);
    return *error;
  }

 private:
  void RequireValue() const {
    if (const Error* error = std::get_if<Error>(&state_)) {
      CheckFailed(error->message.c_str(), __FILE__, __LINE__);
    }
  }

  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return !error_.has_value(); }

  /// REQUIRES: !*this.
  const Error& error() const {
    RS_CHECK(error_.has_value());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace roofscape

#define RS_CONCAT_INNER(a, b) a##b
#define RS_CONCAT(a, b) RS_CONCAT_INNER(a, b)

/// Evaluates a Result expression and returns its error from the enclosing function, if any.
#define RS_RETURN_IF_ERROR(expression)               \
  do {                                               \
    if (auto rs_result = (expression); !rs_result) { \
      return rs_result.error();                      \
    }                                                \
  } while (false)

/// RS_ASSIGN_OR_RETURN(auto plan, ParsePlan(text)): the value, or an early return with the error.
#define RS_ASSIGN_OR_RETURN(declaration, expression) \
  RS_ASSIGN_OR_RETURN_INNER(RS_CONCAT(rs_result_, __LINE__), declaration, expression)
#define RS_ASSIGN_OR_RETURN_INNER(temporary, declaration, expression) \
  auto temporary = (expression);                                      \
  if (!temporary) {                                                   \
    return temporary.error();                                         \
  }                                                                   \
  declaration = *std::move(temporary)
