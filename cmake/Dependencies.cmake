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
