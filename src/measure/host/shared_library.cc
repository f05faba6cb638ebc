#include "measure/host/shared_library.h"

#include <dlfcn.h>

#include <fmt/format.h>

#include "base/core/check.h"

namespace roofscape::host {

void SharedLibrary::Close::operator()(void* handle) const { dlclose(handle); }

Result<SharedLibrary> SharedLibrary::Open(std::span<const std::string> names) {
  RS_CHECK(!names.empty());
  std::string reason;
  std::string tried;
  for (const std::string& name : names) {
    if (void* handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL); handle != nullptr) {
      return SharedLibrary(handle, name);
    }
    const char* told = dlerror();
    if (reason.empty() && told != nullptr) reason = told;
    tried += (tried.empty() ? "" : ", ") + name;
  }
  return Error{ErrorCode::kNotFound, fmt::format("no library {}: {}", tried, reason)};
}

void* SharedLibrary::FindSymbol(const char* symbol) const { return dlsym(handle_.get(), symbol); }

Error SharedLibrary::Missing(const char* symbol) const {
  return Error{ErrorCode::kNotFound,
               fmt::format("{}: has no function {}: another version of the library is needed",
                           name_, symbol)};
}

}  // namespace roofscape::host
