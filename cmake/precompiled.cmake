# roofscape_precompile(<target> [TESTS])
#
# With ROOFSCAPE_PRECOMPILE the headers that nearly every file reads are compiled once, those of the
# libraries and our own widest ones. For clang: g++ gains a seventh of its time, and takes code of
# the system for ours. The release build, which is users', does without: it shows an include that is
# missing, and is the check that headers compile alone (tests/tidy/self_contained.py).
option(ROOFSCAPE_PRECOMPILE "Compile the most used headers once" OFF)

# Ours that cost most in sum over all files (clang's -ftime-trace, "Source").
set(wide base/core/document.h base/core/text.h base/core/units.h domain/catalog/catalog.h
  domain/spec/plan.h domain/spec/run_result.h model/perf/kernel_curves.h model/perf/step.h
  model/perf/time_table.h)
list(TRANSFORM wide PREPEND ${PROJECT_SOURCE_DIR}/src/ OUTPUT_VARIABLE ROOFSCAPE_WIDE_HEADERS)

function(roofscape_precompiled_headers name)
  set(empty ${PROJECT_BINARY_DIR}/generated/${name}.cc)
  file(CONFIGURE OUTPUT ${empty} CONTENT "")
  add_library(${name} OBJECT ${empty})
  target_link_libraries(${name} PRIVATE roofscape_options fmt::fmt nlohmann_json::nlohmann_json
    Threads::Threads)
  target_precompile_headers(${name} PRIVATE <algorithm> <array> <chrono> <cstdint> <functional>
    <map> <memory> <optional> <span> <string> <string_view> <unordered_set> <utility> <variant>
    <vector> <fmt/format.h> <nlohmann/json.hpp> ${ROOFSCAPE_WIDE_HEADERS} ${ARGN})
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
