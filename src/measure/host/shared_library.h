// A library that may be on the machine or not, opened when the program runs: what it gives is used
// where it is there, and nothing of it is needed to build.
//
// Ownership: closed with the object; pointers found in it are then dangling.
// Thread safety: as the system's loader.

#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/core/result.h"

namespace roofscape::host {

class SharedLibrary {
 public:
  /// The first of `names` that can be opened; a name without '/' is looked for where the system
  /// keeps libraries. kNotFound names them and what the loader said of the first.
  static Result<SharedLibrary> Open(std::span<const std::string> names);

  const std::string& name() const { return name_; }

  /// The function `symbol`, or null.
  template <class Function>
  Function* Find(const char* symbol) const {
    return reinterpret_cast<Function*>(FindSymbol(symbol));
  }

  /// Sets `function`; kNotFound, naming library and symbol, where it has none.
  template <class Function>
  Result<> Bind(const char* symbol, Function*& function) const {
    function = Find<Function>(symbol);
    if (function != nullptr) return {};
    return Missing(symbol);
  }

 private:
  struct Close {
    void operator()(void* handle) const;
  };

  SharedLibrary(void* handle, std::string name) : handle_(handle), name_(std::move(name)) {}
  void* FindSymbol(const char* symbol) const;
  Error Missing(const char* symbol) const;

  std::unique_ptr<void, Close> handle_;
  std::string name_;
};

}  // namespace roofscape::host
