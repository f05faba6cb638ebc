# Compiler flags of every target of ours, in one interface library.

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(roofscape_options INTERFACE)
target_compile_options(roofscape_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms of g++ 12 in its own std::string when optimising (GCC bug 105651).
  target_compile_options(roofscape_options INTERFACE -Wno-restrict)
endif()
target_include_directories(roofscape_options INTERFACE ${PROJECT_SOURCE_DIR}/src)

if(ROOFSCAPE_SANITIZE)
  add_compile_options(-fsanitize=${ROOFSCAPE_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ROOFSCAPE_SANITIZE})
endif()
