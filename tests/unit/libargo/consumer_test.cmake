# SPDX-License-Identifier: MIT
# Installs the library to a directory of its own, builds the consumer with find_package and with pkg-config, and runs
# both.
cmake_minimum_required(VERSION 3.25)
set(prefix "${WORK_DIR}/prefix")
file(REMOVE_RECURSE "${WORK_DIR}")
file(MAKE_DIRECTORY "${WORK_DIR}")

# run(<command>...): a step; the first that fails ends the test with what it printed.
function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "failed (${result}): ${ARGN}\n${output}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

# check(<output>): the consumer prints its version of an address, and that there is no device or that there is one.
function(check text)
    if(NOT text MATCHES "to 3:5000: ")
        message(FATAL_ERROR "the consumer printed: ${text}")
    endif()
endfunction()

foreach(component IN ITEMS runtime development)
    run("${CMAKE_COMMAND}" --install "${BUILD_DIR}/libargo" --prefix "${prefix}" --component ${component})
endforeach()

run("${CMAKE_COMMAND}" -S "${SOURCE_DIR}" -B "${WORK_DIR}/build" -G "${GENERATOR}"
    "-DCMAKE_PREFIX_PATH=${prefix}" "-DCMAKE_CXX_COMPILER=${CXX}")
run("${CMAKE_COMMAND}" --build "${WORK_DIR}/build")
run("${WORK_DIR}/build/consumer")
check("${output}")

find_program(PKG_CONFIG NAMES pkg-config pkgconf)
if(NOT PKG_CONFIG)
    message(FATAL_ERROR "pkg-config is missing: apt-get install pkgconf")
endif()
set(ENV{PKG_CONFIG_PATH} "${prefix}/${LIBDIR}/pkgconfig")
run("${PKG_CONFIG}" "--define-variable=prefix=${prefix}" --cflags --libs libargo)
string(STRIP "${output}" flags)
separate_arguments(flags UNIX_COMMAND "${flags}")
run("${CXX}" "${SOURCE_DIR}/main.cpp" ${flags} "-Wl,-rpath,${prefix}/${LIBDIR}" -o "${WORK_DIR}/consumer-pkgconfig")
run("${WORK_DIR}/consumer-pkgconfig")
check("${output}")
