# The house rules of the build, in one place.

find_program(ENTENTE_CCACHE ccache)
if(ENTENTE_CCACHE)
  # What ccache must overlook to keep objects made with a precompiled header (its manual, "Precompiled headers").
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${ENTENTE_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${ENTENTE_CCACHE})
endif()

# What our own code is compiled with; generated code and libraries' headers are not held to it.
add_library(entente_flags INTERFACE)
target_compile_options(entente_flags INTERFACE -Wall -Wextra -Wconversion -Werror)
target_include_directories(entente_flags INTERFACE ${CMAKE_SOURCE_DIR})
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 finds these four in every moved std::string (GCC bugs 105329, 105651). It keeps silent about system
  # headers, but no longer knows which they are once they come precompiled. The sanitizers find the true ones.
  target_compile_options(entente_flags INTERFACE
                         -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
endif()

# A test is compiled once and run once: what is optimised in its own code does not come back. What it tests is.
add_library(entente_test_flags INTERFACE)
target_compile_options(entente_test_flags INTERFACE $<$<CONFIG:Release>:-O1>)
target_link_libraries(entente_test_flags INTERFACE entente_flags)

# CMAKE_UNITY_BUILD, as tests/run and deploy/demo build a folder that is new, compiles sources of a room eight at a
# time: half the time for all of them, and three times as long for one that is changed. In such a lot g++ takes each
# source for a header.
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(entente_flags INTERFACE -Wno-subobject-linkage)
endif()

if(ENTENTE_COVERAGE)
  # Threads count what they take: without a lock one of two is lost now and then, and with it a branch.
  target_compile_options(entente_flags INTERFACE -fprofile-instr-generate -fprofile-update=atomic -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()

if(ENTENTE_SANITIZE)
  add_compile_options(-fsanitize=${ENTENTE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ENTENTE_SANITIZE})
  if(ENTENTE_SANITIZE STREQUAL "thread")
    # Asio's own fences, which g++'s ThreadSanitizer does not understand: the locks around them are what it checks.
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
    add_compile_options(-Wno-tsan)
  endif()
endif()

# One code model for rooms and programs alike, so that one precompiled header serves both.
add_compile_options(-fPIC)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
else()
  # A precompiled header out of ccache is younger or older than the header that it was made of: what is in it counts.
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
endif()

# entente_precompiled(<target> <header> DEPENDS target ...): parses the header once, for all that reuse it.
function(entente_precompiled target header)
  cmake_parse_arguments(PRECOMPILED "" "" "DEPENDS" ${ARGN})
  add_library(${target} OBJECT ${CMAKE_SOURCE_DIR}/cmake/precompiled.cc)
  target_precompile_headers(${target} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/${header})
  target_link_libraries(${target} PRIVATE entente_flags ${PRECOMPILED_DEPENDS})
endfunction()

# Sources whose own names are those of another source of their room or test, too: no lot takes them.
function(entente_apart)
  foreach(source ${ARGN})
    set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endforeach()
endfunction()

# entente_room(<target> SOURCES a.cc ... [APART b.cc ...] DEPENDS target ...): one static library a room.
function(entente_room target)
  cmake_parse_arguments(ROOM "" "" "SOURCES;DEPENDS;APART" ${ARGN})
  add_library(${target} STATIC ${ROOM_SOURCES})
  target_link_libraries(${target} PUBLIC ${ROOM_DEPENDS} PRIVATE entente_flags)
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR})
  target_precompile_headers(${target} REUSE_FROM entente_precompiled)
  entente_apart(${ROOM_APART})
endfunction()

# entente_generated(<target> a.pb.cc ...): what protoc made. It is not ours to find faults in, and libprotobuf
# itself comes without sanitizers, so where clang fuzzes, it goes without: a ninth of the time to compile.
function(entente_generated target)
  add_library(${target} STATIC ${ARGN})
  target_link_libraries(${target} PUBLIC protobuf::libprotobuf)
  set_target_properties(${target} PROPERTIES UNITY_BUILD OFF)  # each file has the same names for its own tables
  if(ENTENTE_FUZZ)
    target_compile_options(${target} PRIVATE -fno-sanitize=all -O0 -g0)
  endif()
endfunction()

# entente_records(<target> [IMPORTS a.proto ...]): the record.proto of this folder, which is what its room keeps
# in the store and nobody else's business, hence not in proto/. IMPORTS: what it names of proto/.
function(entente_records target)
  cmake_parse_arguments(RECORDS "" "" "IMPORTS" ${ARGN})
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/records)
  file(RELATIVE_PATH here ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  list(TRANSFORM RECORDS_IMPORTS PREPEND ${CMAKE_SOURCE_DIR}/proto/ OUTPUT_VARIABLE imports)
  add_custom_command(
    OUTPUT ${folder}/${here}/record.pb.cc ${folder}/${here}/record.pb.h
    COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
    COMMAND protobuf::protoc -I ${CMAKE_SOURCE_DIR} -I ${CMAKE_SOURCE_DIR}/proto --cpp_out=${folder}
            ${CMAKE_CURRENT_SOURCE_DIR}/record.proto
    DEPENDS record.proto ${imports}
    VERBATIM)
  entente_generated(${target} ${folder}/${here}/record.pb.cc)
  target_include_directories(${target} SYSTEM PUBLIC ${folder})
  if(RECORDS_IMPORTS)
    target_link_libraries(${target} PUBLIC entente_proto)
  endif()
endfunction()

# entente_test(<target> SOURCES a_test.cc a_prop.cc ... [APART b_test.cc ...] DEPENDS target ...): one Catch2 program a room,
# from one seed here, so that what is green stays green; tests/endure and whoever runs it by hand draw others.
function(entente_test target)
  cmake_parse_arguments(TEST "" "" "SOURCES;DEPENDS;LABELS;APART" ${ARGN})
  add_executable(${target} ${TEST_SOURCES})
  entente_apart(${TEST_APART})
  target_link_libraries(${target} PRIVATE ${TEST_DEPENDS} entente_test_flags entente_catch_main)
  target_precompile_headers(${target} REUSE_FROM entente_precompiled_test)
  add_test(NAME ${target} COMMAND ${target} --order rand --rng-seed 20261126)
  set_tests_properties(${target} PROPERTIES LABELS "unit;${TEST_LABELS}" TIMEOUT 600
                       ENVIRONMENT "RC_PARAMS=seed=20261126")
endfunction()

# entente_fuzz(<target> SOURCES x_fuzz.cc DEPENDS ...): a libFuzzer program, in the fuzz preset only, and a
# CTest test that runs it for a short while from its seeds in corpus/<target>/ beside it, if there are any.
function(entente_fuzz target)
  cmake_parse_arguments(FUZZ "" "" "SOURCES;DEPENDS" ${ARGN})
  if(NOT ENTENTE_FUZZ)
    return()
  endif()
  if(NOT TARGET fuzz_targets)
    add_custom_target(fuzz_targets)
  endif()
  add_executable(${target} ${FUZZ_SOURCES})
  target_link_libraries(${target} PRIVATE ${FUZZ_DEPENDS} entente_flags)
  target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzz_targets ${target})
  add_test(NAME fuzz.${target}
           COMMAND ${CMAKE_SOURCE_DIR}/tests/support/run-fuzz $<TARGET_FILE:${target}>
                   ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${target})
  set_tests_properties(fuzz.${target} PROPERTIES LABELS fuzz TIMEOUT 1200)
endfunction()
