# Everything here is a Debian package (tools/setup installs it). A new one needs a record in
# docs/adr/.

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(simdjson REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(pq REQUIRED IMPORTED_TARGET libpq)
if(ROOFSCAPE_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
if(ROOFSCAPE_BUILD_BENCH)
  find_package(benchmark REQUIRED)
endif()
