// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

struct evp_md_ctx_st;

namespace argoctl {

/// SHA-256 of a stream of bytes, by OpenSSL.
class sha256 {
public:
    using digest = std::array<std::byte, 32>;

    sha256();

    void update(std::span<const std::byte> data);

    /// Ends the stream; nothing may be added afterwards.
    [[nodiscard]] digest finish();

private:
    struct deleter {
        void operator()(evp_md_ctx_st* context) const;
    };
    std::unique_ptr<evp_md_ctx_st, deleter> context_;
};

/// 64 lower-case hexadecimal digits.
std::string to_hex(const sha256::digest& digest);

} // namespace argoctl
