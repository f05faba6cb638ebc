# roofscape_embed_catalog(<target> <name>.cc)
#
# Gives <target> a generated source with every catalog/*/*.toml, declared in cli/<name>.h.
# The files are found, not listed: adding a chip touches one file. A new, changed or removed file
# rebuilds it.
function(roofscape_embed_catalog target name)
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/catalog/*/*.toml)
  set(output ${PROJECT_BINARY_DIR}/generated/cli/${name})
  set(script ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -D ROOT=${PROJECT_SOURCE_DIR}/catalog -D OUTPUT=${output} -P ${script}
    DEPENDS ${files} ${script}
    COMMENT "Embedding the catalog" VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
