# roofscape_module(<wing>/<room> HEADERS h... SOURCES c... TESTS t... DEPS wing/room... LIBS lib...)
#
# One static library roofscape::<room>, one test binary <room>_test, one ctest entry per binary.
# Files are listed by hand: the layering test fails on a file that no list names. LIBS are external
# libraries that the room's sources use; DEPS are other rooms. The target unit_tests builds every
# test binary of every room and no more; `all` builds none.
if(ROOFSCAPE_BUILD_TESTS)
  add_custom_target(unit_tests)
endif()

function(roofscape_module path)
  cmake_parse_arguments(PARSE_ARGV 1 M "" "" "HEADERS;SOURCES;TESTS;DEPS;LIBS")
  if(M_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "roofscape_module(${path}): unknown arguments ${M_UNPARSED_ARGUMENTS}")
  endif()
  get_filename_component(room ${path} NAME)

  set(library roofscape_${room})
  add_library(${library} STATIC ${M_SOURCES})
  add_library(roofscape::${room} ALIAS ${library})
  target_sources(${library} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src
    FILES ${M_HEADERS})
  set(rooms "")
  foreach(dep ${M_DEPS})
    get_filename_component(dep_room ${dep} NAME)
    list(APPEND rooms roofscape::${dep_room})
  endforeach()
  target_link_libraries(${library} PUBLIC ${rooms} PRIVATE roofscape_options ${M_LIBS} fmt::fmt)
  roofscape_precompile(${library})
  # Where speed is the purpose; -O2 is a tenth quicker to compile and as good for all that reads,
  # writes and arranges.
  if(path MATCHES "^(measure|model)/|^base/(net|stats)$")
    target_compile_options(${library} PRIVATE $<$<CONFIG:Release>:-O3>)
  endif()

  if(ROOFSCAPE_BUILD_TESTS AND M_TESTS)
    add_executable(${room}_test EXCLUDE_FROM_ALL ${M_TESTS})
    target_link_libraries(${room}_test PRIVATE roofscape::${room} roofscape_options ${M_LIBS}
      fmt::fmt GTest::gtest_main)
    roofscape_precompile(${room}_test TESTS)
    # The tests' own code is not hot, and half of the time of a build from nothing is optimisation.
    target_compile_options(${room}_test PRIVATE $<$<CONFIG:Release>:-O1>)
    add_dependencies(unit_tests ${room}_test)
    add_test(NAME unit_${room} COMMAND ${room}_test WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(unit_${room} PROPERTIES LABELS unit)
  endif()
endfunction()

include(fuzz)
include(embed)
include(embed_binary)
include(embed_web)
