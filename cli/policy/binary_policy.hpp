// SPDX-License-Identifier: MIT
// A compiled Flask policy, read by libsepol: what it says about Argo.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace argopolicy {

/// The rights of the class argo.
enum class argo_right : std::uint8_t { enable, register_single_source, register_any_source, send };

class binary_policy {
public:
    /// A type of the policy.
    using type = std::uint32_t;

    /// Throws std::runtime_error, which says what is wrong with the file.
    explicit binary_policy(const std::filesystem::path& path);
    ~binary_policy();
    binary_policy(const binary_policy&) = delete;
    binary_policy& operator=(const binary_policy&) = delete;

    [[nodiscard]] std::optional<type> find(const std::string& name) const;
    [[nodiscard]] std::string name(type one) const;
    /// All types that may use Argo at all.
    [[nodiscard]] std::vector<type> domains() const;
    /// The ports at which a label begins or ends, from 0 to 2^32.
    [[nodiscard]] std::set<std::uint64_t> boundaries() const;

    /// Whether the domain @p from may send to this port of @p owner.
    [[nodiscard]] bool may_send(type from, type owner, std::uint32_t port) const;
    /// Whether it may register a ring there, of either kind.
    [[nodiscard]] bool may_register(type owner, std::uint32_t port, argo_right kind) const;

private:
    struct data;

    std::unique_ptr<data> data_;
};

} // namespace argopolicy
