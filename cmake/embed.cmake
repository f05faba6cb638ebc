# roofscape_embed_texts(<target> <name>.cc <folder> <header> <namespace> <type> <function>)
#
# Gives <target> a generated source with every <folder>/*/*.toml, as
#   std::vector<<type>> <namespace>::<function>();
# which <header> declares; <type> is {name, text}. The files are found, not listed: adding a chip
# touches one file. A new, changed or removed file rebuilds it.
function(roofscape_embed_texts target name folder header namespace type function)
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*/*.toml)
  set(output ${PROJECT_BINARY_DIR}/generated/${target}/${name})
  set(script ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -D ROOT=${PROJECT_SOURCE_DIR}/${folder} -D OUTPUT=${output}
      -D HEADER=${header} -D NAMESPACE=${namespace} -D TYPE=${type} -D FUNCTION=${function}
      -P ${script}
    DEPENDS ${files} ${script}
    COMMENT "Embedding ${folder}/" VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()

# Every catalog/*/*.toml, declared in cli/<name>.h.
function(roofscape_embed_catalog target name)
  string(REPLACE ".cc" ".h" header ${name})
  roofscape_embed_texts(${target} ${name} catalog cli/${header} roofscape::cli
    catalog::CatalogFile EmbeddedCatalog)
endfunction()
