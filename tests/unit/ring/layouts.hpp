// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "argo/ring.h"

namespace argo_test {

/// A layout that the parser must read, by name.
struct named_layout {
    const char* name;
    argo_ring_layout layout;
};

/// Argo's, and those of its ancestor v4v (argo-abi.md): uXen's ring header is packed, so its data are aligned to 4
/// bytes only; what was proposed for Xen has the message type in front of the source.
inline constexpr std::array<named_layout, 3> layouts{{
    {.name = "argo", .layout = {.header = 64, .rx = 0, .tx = 4, .len = 0, .port = 4, .domid = 8, .type = 12}},
    {.name = "v4v_uxen", .layout = {.header = 60, .rx = 20, .tx = 24, .len = 0, .port = 4, .domid = 8, .type = 12}},
    {.name = "v4v_xen", .layout = {.header = 64, .rx = 24, .tx = 28, .len = 0, .port = 8, .domid = 12, .type = 4}},
}};

} // namespace argo_test
