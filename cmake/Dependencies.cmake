# Everything here is a Debian 12 package; docs/dependencies.md says what each is for and what lost.

find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Protobuf REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)

pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(ICU REQUIRED IMPORTED_TARGET icu-uc icu-i18n)
pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(ROCKSDB REQUIRED IMPORTED_TARGET rocksdb)
pkg_check_modules(QPDF REQUIRED IMPORTED_TARGET libqpdf)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(Catch2 2 REQUIRED)

# rapidcheck ships no CMake package in Debian.
find_library(RAPIDCHECK_LIBRARY rapidcheck REQUIRED)
add_library(entente_rapidcheck INTERFACE)
target_link_libraries(entente_rapidcheck INTERFACE ${RAPIDCHECK_LIBRARY})

# Catch2's own main is compiled once and linked into every test program.
add_library(entente_catch_main INTERFACE)
target_link_libraries(entente_catch_main INTERFACE Catch2::Catch2WithMain)

# HTTP/2 and HPACK from outside are read by nghttp2, and libFuzzer sees no way through a library that was built without
# its counters. Where we fuzz, Debian's source of the version that is installed is built with them and with the
# sanitizers, and takes its place. Without Debian's sources the installed one stays, and a test says that it was skipped.
if(ENTENTE_FUZZ)
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tests/support/nghttp2-source ${CMAKE_BINARY_DIR}/nghttp2
                  RESULT_VARIABLE ENTENTE_NGHTTP2_FAILED)
  if(NOT ENTENTE_NGHTTP2_FAILED)
    file(GLOB nghttp2_sources ${CMAKE_BINARY_DIR}/nghttp2/lib/*.c)
    add_library(entente_nghttp2 STATIC ${nghttp2_sources})
    target_compile_definitions(entente_nghttp2 PRIVATE BUILDING_NGHTTP2 HAVE_ARPA_INET_H HAVE_NETINET_IN_H HAVE_TIME_H
                               HAVE_CLOCK_GETTIME)
    target_compile_options(entente_nghttp2 PRIVATE -O1 -gline-tables-only -gdwarf-4 -fsanitize=fuzzer-no-link)
    set_target_properties(entente_nghttp2 PROPERTIES UNITY_BUILD OFF)
    set_property(TARGET PkgConfig::NGHTTP2 PROPERTY INTERFACE_LINK_LIBRARIES entente_nghttp2)
  endif()
endif()
