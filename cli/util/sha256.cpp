// SPDX-License-Identifier: MIT
#include "util/sha256.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <stdexcept>

namespace argoctl {

namespace {

void require(bool good) {
    if (!good) {
        throw std::runtime_error("OpenSSL cannot compute SHA-256 here");
    }
}

} // namespace

void sha256::deleter::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

sha256::sha256() : context_(EVP_MD_CTX_new()) {
    require(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void sha256::update(std::span<const std::byte> data) {
    require(EVP_DigestUpdate(context_.get(), data.data(), data.size()) == 1);
}

sha256::digest sha256::finish() {
    digest out{};
    require(EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(out.data()), nullptr) == 1);
    return out;
}

std::string to_hex(const sha256::digest& digest) {
    std::string out;
    for (const std::byte byte : digest) {
        out += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
    }
    return out;
}

} // namespace argoctl
