// SPDX-License-Identifier: MIT
#include "output/info_view.hpp"

#include "output/units.hpp"

#include <fmt/format.h>

namespace argoctl::output {

std::string info_text(const libargo::device_info& info) {
    std::string out;
    const auto line = [&](std::string_view name, std::string_view value) {
        out += fmt::format("{:<19}{}\n", name, value);
    };
    line("hypervisor", printable(info.hypervisor));
    line("domain", fmt::to_string(libargo::to_number(info.domid)));
    line("ABI version", fmt::to_string(info.abi_version));
    line("rings", fmt::format("{} of {}", info.rings, info.max_rings));
    line("ring size",
         fmt::format("{} to {} bytes, {} by default", info.min_ring_size, info.max_ring_size, info.default_ring_size));
    line("largest message", fmt::format("{} bytes", info.max_message));
    line("buffers a message", fmt::to_string(info.max_buffers));
    line("messages a call", fmt::to_string(info.max_batch));
    return out;
}

json info_json(const libargo::device_info& info) {
    json doc = document("info");
    doc["hypervisor"] = info.hypervisor;
    doc["domid"] = libargo::to_number(info.domid);
    doc["abi_version"] = info.abi_version;
    doc["rings"] = info.rings;
    doc["max_rings"] = info.max_rings;
    doc["min_ring_size"] = info.min_ring_size;
    doc["max_ring_size"] = info.max_ring_size;
    doc["default_ring_size"] = info.default_ring_size;
    doc["max_message"] = info.max_message;
    doc["max_buffers"] = info.max_buffers;
    doc["max_batch"] = info.max_batch;
    return doc;
}

} // namespace argoctl::output
