// SPDX-License-Identifier: MIT
#include "policy/ports.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace argopolicy {

void port_set::add(port_range range) {
    std::vector<port_range> merged;
    merged.reserve(ranges_.size() + 1);
    for (const port_range& old : ranges_) {
        const bool before = old.last < range.first && old.last + 1 != range.first;
        const bool after = range.last < old.first && range.last + 1 != old.first;
        if (before || after) {
            merged.push_back(old);
        } else {
            range = {std::min(range.first, old.first), std::max(range.last, old.last)};
        }
    }
    const auto behind =
        std::find_if(merged.begin(), merged.end(), [&](const port_range& other) { return other.first > range.last; });
    merged.insert(behind, range);
    ranges_ = std::move(merged);
}

void port_set::add(const port_set& other) {
    for (const port_range& range : std::vector<port_range>(other.ranges_)) {
        add(range);
    }
}

void port_set::remove(port_range range) {
    std::vector<port_range> left;
    left.reserve(ranges_.size() + 1);
    for (const port_range& old : ranges_) {
        if (old.last < range.first || old.first > range.last) {
            left.push_back(old);
            continue;
        }
        if (old.first < range.first) {
            left.push_back({old.first, range.first - 1});
        }
        if (old.last > range.last) {
            left.push_back({range.last + 1, old.last});
        }
    }
    ranges_ = std::move(left);
}

void port_set::remove(const port_set& other) {
    for (const port_range& range : std::vector<port_range>(other.ranges_)) {
        remove(range);
    }
}

bool port_set::contains(std::uint32_t port) const {
    return std::any_of(ranges_.begin(), ranges_.end(),
                       [port](const port_range& range) { return range.first <= port && port <= range.last; });
}

port_set without(port_set from, const port_set& what) {
    from.remove(what);
    return from;
}

port_set common(const port_set& left, const port_set& right) { return without(left, without(left, right)); }

void ports::add(const ports& other) {
    argo.add(other.argo);
    vsock.add(other.vsock);
}

void ports::remove(const ports& other) {
    argo.remove(other.argo);
    vsock.remove(other.vsock);
}

ports common(const ports& left, const ports& right) {
    return {common(left.argo, right.argo), common(left.vsock, right.vsock)};
}

ports ports_of(port_space space, port_range range) {
    ports made;
    if (space == port_space::vsock) {
        made.vsock.add(range);
        return made;
    }
    made.argo.add(range);
    if (made.argo.contains(vsock_carrier)) {
        made.argo.remove({vsock_carrier, vsock_carrier});
        made.vsock.add(all_vsock);
    }
    return made;
}

std::string to_string(port_range range) {
    return range.first == range.last ? fmt::format("{}", range.first) : fmt::format("{}-{}", range.first, range.last);
}

std::string to_string(const ports& all) {
    std::string text;
    const auto append = [&text](const std::string& one) { text += (text.empty() ? "" : ", ") + one; };
    for (const port_range& range : all.argo.ranges()) {
        append(to_string(range));
    }
    for (const port_range& range : all.vsock.ranges()) {
        append(range == all_vsock ? "vsock:any" : "vsock:" + to_string(range));
    }
    return text;
}

} // namespace argopolicy
