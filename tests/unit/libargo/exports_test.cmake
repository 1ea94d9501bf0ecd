# SPDX-License-Identifier: MIT
# Compares the names that the library exports with exports.txt.
cmake_minimum_required(VERSION 3.25)

# run(<command>...): what it prints.
function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE error)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "failed (${result}): ${ARGN}\n${error}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

# lines(<text> <variable>): the lines of a text, each once and in order.
function(lines text variable)
    string(REGEX REPLACE "[ \t]*\n" ";" list "${text}")
    list(REMOVE_ITEM list "")
    list(REMOVE_DUPLICATES list)
    list(SORT list)
    set(${variable} "${list}" PARENT_SCOPE)
endfunction()

run("${NM}" --dynamic --defined-only --demangle "${LIBRARY}")
if(output MATCHES "boost|fmt::")
    message(FATAL_ERROR "a type of Boost or fmt is in the binary interface:\n${output}")
endif()
# An absolute symbol is the name of a version.
string(REGEX REPLACE "[0-9a-f]+ A [^\n]*" "" output "${output}")
string(REGEX REPLACE "(^|\n)[0-9a-f]+ [A-Za-z] " "\\1" output "${output}")
string(REGEX REPLACE "@@[^\n]*|\\[abi:[^]]*\\]" "" output "${output}")
lines("${output}" exported)

file(READ "${LIST}" wanted)
string(REGEX REPLACE "#[^\n]*" "" wanted "${wanted}")
lines("${wanted}" wanted)

foreach(name IN LISTS wanted)
    if(NOT name IN_LIST exported)
        string(APPEND difference "  no longer exported: ${name}\n")
    endif()
endforeach()
foreach(name IN LISTS exported)
    if(NOT name IN_LIST wanted)
        string(APPEND difference "  exported, but not in the list: ${name}\n")
    endif()
endforeach()
if(difference)
    message(FATAL_ERROR "${difference}tests/unit/libargo/exports.txt lists what programs may use; docs/versions.md says "
        "what follows from a change.")
endif()
