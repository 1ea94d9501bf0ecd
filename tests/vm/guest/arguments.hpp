// SPDX-License-Identifier: MIT
#pragma once

#include <linux/argo.h>

#include <charconv>
#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace guest {

/// "--name value", "--name=value" and "--name", and words before, between and after them.
class arguments {
public:
    arguments(int argc, char** argv, const std::set<std::string>& switches = {});

    [[nodiscard]] const std::vector<std::string>& words() const { return words_; }
    [[nodiscard]] bool has(const std::string& name) const { return values_.contains(name); }
    [[nodiscard]] std::string text(const std::string& name, const std::string& otherwise = {}) const;

    template <typename T> [[nodiscard]] T number(const std::string& name, T otherwise) const {
        return has(name) ? parse<T>(text(name)) : otherwise;
    }

    template <typename T> static T parse(std::string_view text) {
        T value{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size()) {
            throw std::invalid_argument("'" + std::string(text) + "' is not a number in range");
        }
        return value;
    }

private:
    std::vector<std::string> words_;
    std::map<std::string, std::string> values_;
};

/// "domid:port"; "self" and "any" are domids too. Throws std::invalid_argument.
argo_addr parse_address(std::string_view text);
std::uint16_t parse_domid(std::string_view text);

} // namespace guest
