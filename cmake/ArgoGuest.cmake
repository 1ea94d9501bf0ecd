# SPDX-License-Identifier: MIT
# The programs that the lab runs in its domains, all in one directory. The libraries that they need are the lab's
# to find.
include_guard(GLOBAL)

set(ARGO_GUEST_BIN "${PROJECT_BINARY_DIR}/guest-bin" CACHE PATH "Where the target guest-bin puts the lab's programs")

# argo_guest_executable(<target>...): the lab needs this program.
function(argo_guest_executable)
    set_property(GLOBAL APPEND PROPERTY ARGO_GUEST_EXECUTABLES ${ARGN})
endfunction()

# argo_add_guest_bin(): the target guest-bin, after all programs are known.
function(argo_add_guest_bin)
    set(directory "${ARGO_GUEST_BIN}")
    get_property(programs GLOBAL PROPERTY ARGO_GUEST_EXECUTABLES)
    set(copies)
    foreach(program IN LISTS programs)
        list(APPEND copies COMMAND "${CMAKE_COMMAND}" -E copy_if_different "$<TARGET_FILE:${program}>" "${directory}")
    endforeach()
    add_custom_target(guest-bin
        COMMAND "${CMAKE_COMMAND}" -E make_directory "${directory}"
        ${copies}
        DEPENDS ${programs}
        COMMENT "Collecting the lab's programs in ${directory}"
        VERBATIM)
endfunction()
