# Compiler flags of every target of ours, in one interface library.

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Precompiled headers: the cache compares their text, not the time at which they were made. Paths
  # count from the top folder, so that another clone finds what this one compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
    CCACHE_NOHASHDIR=1 ${CCACHE})
endif()

add_library(roofscape_options INTERFACE)
target_compile_options(roofscape_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms of g++ 12 in its own std::string when optimising (GCC bug 105651).
  target_compile_options(roofscape_options INTERFACE -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # clang warns of what libstdc++ 12 itself does inside std::stable_sort.
  target_compile_options(roofscape_options INTERFACE -Wno-deprecated-declarations)
endif()
target_include_directories(roofscape_options INTERFACE ${PROJECT_SOURCE_DIR}/src)

if(ROOFSCAPE_PRECOMPILE)
  # clang only: g++ 12 forgets with them which code is the system's, and warns of it. The option is
  # what ccache needs to know two of clang's for the same.
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
    message(FATAL_ERROR "ROOFSCAPE_PRECOMPILE needs clang")
  endif()
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
endif()
if(ROOFSCAPE_SANITIZE)
  add_compile_options(-fsanitize=${ROOFSCAPE_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ROOFSCAPE_SANITIZE})
  if(ROOFSCAPE_SANITIZE STREQUAL thread AND CMAKE_CXX_COMPILER_ID MATCHES Clang)
    # Of the static one the operator new cannot be replaced, which tests of allocations do.
    execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-resource-dir
      OUTPUT_VARIABLE clang_files OUTPUT_STRIP_TRAILING_WHITESPACE)
    add_link_options(-shared-libsan -Wl,-rpath,${clang_files}/lib/linux)
  endif()
  if(ROOFSCAPE_SANITIZE_WITHOUT)
    add_compile_options(-fno-sanitize=${ROOFSCAPE_SANITIZE_WITHOUT})
  endif()
endif()
