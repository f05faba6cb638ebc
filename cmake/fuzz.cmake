# roofscape_fuzz(<name> DEPS wing/room... LIBS lib...)
#
# One libFuzzer program fuzz_<name> from fuzz/<name>.cc, and one ctest entry of that name that
# replays fuzz/corpus/<name>/ and then searches for FUZZ_SECONDS (default 3). New finds go to the
# build folder; a find worth keeping is copied into the corpus by hand.
#
# The rooms in DEPS, and no others, are compiled with what guides the search: it costs an eighth of
# the time of compiling.
set(ROOFSCAPE_FUZZ_COVERAGE
  -fsanitize-coverage=inline-8bit-counters,indirect-calls,trace-cmp,pc-table)

function(roofscape_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 F "" "" "DEPS;LIBS")
  if(F_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "roofscape_fuzz(${name}): unknown arguments ${F_UNPARSED_ARGUMENTS}")
  endif()
  set(rooms "")
  foreach(dep ${F_DEPS})
    get_filename_component(room ${dep} NAME)
    list(APPEND rooms roofscape::${room})
    get_target_property(options roofscape_${room} COMPILE_OPTIONS)
    if(NOT "${ROOFSCAPE_FUZZ_COVERAGE}" IN_LIST options)
      target_compile_options(roofscape_${room} PRIVATE ${ROOFSCAPE_FUZZ_COVERAGE})
    endif()
  endforeach()
  add_executable(fuzz_${name} ${name}.cc)
  target_compile_options(fuzz_${name} PRIVATE ${ROOFSCAPE_FUZZ_COVERAGE})
  target_link_libraries(fuzz_${name} PRIVATE ${rooms} roofscape_options ${F_LIBS} fmt::fmt)
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers fuzz_${name})
  add_test(NAME fuzz_${name}
    COMMAND ${PROJECT_SOURCE_DIR}/tools/fuzz $<TARGET_FILE:fuzz_${name}>
      ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name} ${CMAKE_CURRENT_BINARY_DIR}/found/${name}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(fuzz_${name} PROPERTIES LABELS fuzz)
endfunction()

if(ROOFSCAPE_BUILD_FUZZ)
  add_custom_target(fuzzers)
endif()
