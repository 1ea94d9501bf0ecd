// SPDX-License-Identifier: MIT
// Ports of Argo and of AF_VSOCK, and sets of them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace argopolicy {

/// Both ends are part of it.
struct port_range {
    std::uint32_t first = 0;
    std::uint32_t last = 0;

    friend bool operator==(const port_range&, const port_range&) = default;
};

/// The port of Argo that carries all of AF_VSOCK, and that of network devices.
constexpr std::uint32_t vsock_carrier = 40;
constexpr std::uint32_t net_port = 41;
/// Where a port is taken from when a program asks for none.
constexpr port_range ephemeral{0xc0000000U, 0xffffffffU};
/// What `any` stands for in a policy: a way back is never meant by it.
constexpr port_range any_argo{1, 0xbfffffffU};
constexpr port_range all_argo{1, 0xffffffffU};
constexpr port_range all_vsock{0, 0xffffffffU};

enum class port_space : std::uint8_t { argo, vsock };

/// Ranges in order that neither overlap nor touch.
class port_set {
public:
    port_set() = default;
    explicit port_set(port_range range) { add(range); }

    void add(port_range range);
    void add(const port_set& other);
    void remove(port_range range);
    void remove(const port_set& other);

    [[nodiscard]] bool contains(std::uint32_t port) const;
    [[nodiscard]] bool empty() const { return ranges_.empty(); }
    [[nodiscard]] const std::vector<port_range>& ranges() const& { return ranges_; }
    // The ranges of a set that goes away outlive it.
    [[nodiscard]] std::vector<port_range> ranges() && { return std::move(ranges_); }

    friend bool operator==(const port_set&, const port_set&) = default;

private:
    std::vector<port_range> ranges_;
};

[[nodiscard]] port_set without(port_set from, const port_set& what);
[[nodiscard]] port_set common(const port_set& left, const port_set& right);

/// The ports of both spaces that a rule, or an answer to it, is about. Argo's port 40 is never among those of Argo:
/// it is all of AF_VSOCK.
struct ports {
    port_set argo;
    port_set vsock;

    void add(const ports& other);
    void remove(const ports& other);
    [[nodiscard]] bool empty() const { return argo.empty() && vsock.empty(); }
    [[nodiscard]] const port_set& of(port_space space) const { return space == port_space::argo ? argo : vsock; }

    friend bool operator==(const ports&, const ports&) = default;
};

[[nodiscard]] ports common(const ports& left, const ports& right);
/// The ports of a range, with port 40 as all of AF_VSOCK.
[[nodiscard]] ports ports_of(port_space space, port_range range);

/// "5432" or "7000-7009".
[[nodiscard]] std::string to_string(port_range range);
/// "5432, vsock:22"; with commas between.
[[nodiscard]] std::string to_string(const ports& all);

} // namespace argopolicy
