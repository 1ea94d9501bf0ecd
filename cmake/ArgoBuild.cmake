# SPDX-License-Identifier: MIT
# How everything here is compiled: C++20, an optimised build with symbols unless told otherwise.
include_guard(GLOBAL)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Kind of build" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(argo_build INTERFACE)
target_compile_options(argo_build INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow $<$<BOOL:${ARGO_WERROR}>:-Werror>)
target_compile_features(argo_build INTERFACE cxx_std_20)

if(ARGO_SANITIZE)
    list(JOIN ARGO_SANITIZE "," sanitizers)
    add_compile_options(-fsanitize=${sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${sanitizers})
    if("thread" IN_LIST ARGO_SANITIZE)
        # The sanitizer does not know fences, which Asio uses around handlers.
        add_compile_options(-Wno-tsan)
        add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
    endif()
endif()

# argo_warnings(<target>): the project's compiler settings for a target; its users do not inherit them.
function(argo_warnings target)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:argo_build>)
endfunction()

# argo_finds_libargo(<target>): the installed program finds the library by itself. The loader looks into /usr without
# being told, and into other prefixes on some systems only.
function(argo_finds_libargo target)
    if(NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr")
        file(RELATIVE_PATH libraries "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}")
        set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN/${libraries}")
    endif()
endfunction()
