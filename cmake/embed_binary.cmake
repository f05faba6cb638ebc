# roofscape_embed_binary(<target> <file> <namespace> <function>)
#
# Gives <target> the bytes of <file> (relative to the folder of the call) as they are, behind
#   std::span<const std::uint8_t> <namespace>::<function>();
# which a header of the target declares. The assembler copies them: a megabyte as a C array would
# cost seconds of compiling. g++ and clang.
function(roofscape_embed_binary target file namespace function)
  get_filename_component(EMBED_FILE ${file} ABSOLUTE)
  set(EMBED_NAMESPACE ${namespace})
  set(EMBED_FUNCTION ${function})
  set(output ${PROJECT_BINARY_DIR}/generated/${target}/${function}.cc)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/embed_binary.cc.in ${output} @ONLY)
  set_source_files_properties(${output} PROPERTIES OBJECT_DEPENDS ${EMBED_FILE})
  target_sources(${target} PRIVATE ${output})
endfunction()
