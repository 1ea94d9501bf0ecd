// SPDX-License-Identifier: MIT
#include "arguments.hpp"

namespace guest {

arguments::arguments(int argc, char** argv, const std::set<std::string>& switches) {
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (!word.starts_with("--")) {
            words_.push_back(word);
            continue;
        }
        const auto equals = word.find('=');
        const auto name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
        if (equals != std::string::npos) {
            values_[name] = word.substr(equals + 1);
        } else if (switches.contains(name)) {
            values_[name] = "";
        } else if (i + 1 < argc) {
            values_[name] = argv[++i];
        } else {
            throw std::invalid_argument("--" + name + " needs a value");
        }
    }
}

std::string arguments::text(const std::string& name, const std::string& otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
}

std::uint16_t parse_domid(std::string_view text) {
    if (text == "self") {
        return ARGO_DOMID_SELF;
    }
    if (text == "any") {
        return ARGO_DOMID_ANY;
    }
    return arguments::parse<std::uint16_t>(text);
}

argo_addr parse_address(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) {
        throw std::invalid_argument("'" + std::string(text) + "' is not domid:port");
    }
    return {arguments::parse<std::uint32_t>(text.substr(colon + 1)), parse_domid(text.substr(0, colon)), 0};
}

} // namespace guest
