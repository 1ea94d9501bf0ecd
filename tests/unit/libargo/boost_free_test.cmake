# SPDX-License-Identifier: MIT
# The compiled part of the library includes no header of Boost: then no type of Boost can be in its binary interface.
cmake_minimum_required(VERSION 3.25)
file(GLOB_RECURSE sources "${SOURCE_DIR}/*.cpp")
execute_process(
    COMMAND "${CXX}" -std=c++20 -M "-I${INCLUDE_DIR}" "-I${GENERATED_INCLUDE_DIR}" ${sources}
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE error)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "failed (${result}):\n${error}")
endif()
if(NOT output MATCHES "endpoint\\.hpp")
    message(FATAL_ERROR "the compiler named no header:\n${output}")
endif()
string(REGEX MATCHALL "[^ \n]*/boost/[^ \n]*" found "${output}")
if(found)
    list(REMOVE_DUPLICATES found)
    list(JOIN found "\n  " found)
    message(FATAL_ERROR "libargo/src includes headers of Boost, whose types differ between releases:\n  ${found}")
endif()
