# roofscape_embed_web(<target> <name>.cc)
#
# Gives <target> a generated source with the dashboard's files, declared in cli/embedded_web.h:
# Vite builds web/, a script packs the files (web/tools/embed.mjs) and the assembler copies them in.
# A new, changed or removed source of web/ builds it again. Without Node, or without
# web/node_modules, the program carries no dashboard; configuring says so and what cures it.
option(ROOFSCAPE_WEB "Build the dashboard into the program (needs node and npm)" ON)

function(roofscape_web_missing result)
  set(${result} "" PARENT_SCOPE)
  if(NOT ROOFSCAPE_WEB)
    set(${result} "ROOFSCAPE_WEB is OFF" PARENT_SCOPE)
    return()
  endif()
  find_program(ROOFSCAPE_NODE node)
  if(NOT ROOFSCAPE_NODE)
    set(${result} "node is not on PATH" PARENT_SCOPE)
  elseif(NOT EXISTS ${PROJECT_SOURCE_DIR}/web/node_modules/vite/bin/vite.js)
    set(${result} "web/node_modules has no vite" PARENT_SCOPE)
  endif()
endfunction()

function(roofscape_embed_web target name)
  set(output ${PROJECT_BINARY_DIR}/generated/cli/${name})
  roofscape_web_missing(missing)
  if(missing)
    message(WARNING "The dashboard is not built into the program: ${missing}. `roofscape serve` "
      "will answer its API alone. Cure: run tools/setup, which installs Node and "
      "web/node_modules, and configure again.")
    file(WRITE ${output} "// Made by cmake/embed_web.cmake: ${missing}.\n\n"
      "#include \"cli/embedded_web.h\"\n\nnamespace roofscape::cli {\n\n"
      "api::StaticFiles EmbeddedWeb() { return {}; }\n\n}  // namespace roofscape::cli\n")
    target_sources(${target} PRIVATE ${output})
    return()
  endif()
  set(web ${PROJECT_SOURCE_DIR}/web)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${web}/src/* ${web}/public/*)
  set(built ${PROJECT_BINARY_DIR}/web)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -E env ROOFSCAPE_WEB_OUT=${built}
      ${ROOFSCAPE_NODE} ${web}/node_modules/vite/bin/vite.js build ${web} --logLevel warn
    COMMAND ${ROOFSCAPE_NODE} ${web}/tools/embed.mjs ${built} ${output}
    DEPENDS ${sources} ${web}/index.html ${web}/vite.config.ts ${web}/package-lock.json
      ${web}/tools/embed.mjs
    COMMENT "Building the dashboard" VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
