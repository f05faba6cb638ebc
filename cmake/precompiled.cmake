# roofscape_precompile(<target> [TESTS])
#
# With ROOFSCAPE_PRECOMPILE the headers that nearly every file reads are compiled once, which halves
# a build from nothing. The release build, from which the rules of headers are checked and which
# users build, does without: it shows an include that is missing.
option(ROOFSCAPE_PRECOMPILE "Compile the most used headers once" OFF)

function(roofscape_precompiled_headers name)
  set(empty ${PROJECT_BINARY_DIR}/generated/${name}.cc)
  file(CONFIGURE OUTPUT ${empty} CONTENT "")
  add_library(${name} OBJECT ${empty})
  target_link_libraries(${name} PRIVATE roofscape_options fmt::fmt nlohmann_json::nlohmann_json
    Threads::Threads)
  target_precompile_headers(${name} PRIVATE <algorithm> <array> <chrono> <cstdint> <functional>
    <map> <memory> <optional> <span> <string> <string_view> <utility> <vector> <fmt/format.h>
    <nlohmann/json.hpp> ${ARGN})
endfunction()

if(ROOFSCAPE_PRECOMPILE)
  roofscape_precompiled_headers(roofscape_headers)
  if(ROOFSCAPE_BUILD_TESTS)
    roofscape_precompiled_headers(roofscape_test_headers <gtest/gtest.h>)
    target_link_libraries(roofscape_test_headers PRIVATE GTest::gtest)
  endif()
endif()

function(roofscape_precompile target)
  if(NOT ROOFSCAPE_PRECOMPILE)
    return()
  endif()
  if(ARGN STREQUAL "TESTS")
    target_precompile_headers(${target} REUSE_FROM roofscape_test_headers)
  else()
    target_precompile_headers(${target} REUSE_FROM roofscape_headers)
  endif()
endfunction()
