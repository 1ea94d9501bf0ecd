# SPDX-License-Identifier: MIT
# The programs that the lab runs in its domains, all in one directory. The libraries that they need are the lab's
# to find.
include_guard(GLOBAL)

set(ARGO_GUEST_BIN "${PROJECT_BINARY_DIR}/guest-bin" CACHE PATH "Where the target guest-bin puts the lab's programs")

# argo_guest_executable(<target>...): the lab needs this program.
function(argo_guest_executable)
    set_property(GLOBAL APPEND PROPERTY ARGO_GUEST_EXECUTABLES ${ARGN})
endfunction()

# argo_add_guest_bin(): the target guest-bin, after all programs are known, and guest-bin-PROGRAM for each of them.
function(argo_add_guest_bin)
    get_property(programs GLOBAL PROPERTY ARGO_GUEST_EXECUTABLES)
    add_custom_target(guest-bin)
    foreach(program IN LISTS programs)
        add_custom_target(guest-bin-${program}
            COMMAND "${CMAKE_COMMAND}" -E make_directory "${ARGO_GUEST_BIN}"
            COMMAND "${CMAKE_COMMAND}" -E copy_if_different "$<TARGET_FILE:${program}>" "${ARGO_GUEST_BIN}"
            DEPENDS ${program}
            COMMENT "Staging ${program} for the lab"
            VERBATIM)
        add_dependencies(guest-bin guest-bin-${program})
    endforeach()
endfunction()
