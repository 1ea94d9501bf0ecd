// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "argo/ring.h"

namespace argo_test {

struct message {
    u32 port = 0;
    u16 domid = 0;
    u32 type = 0;
    std::vector<u8> payload;

    bool operator==(const message&) const = default;
};

} // namespace argo_test
