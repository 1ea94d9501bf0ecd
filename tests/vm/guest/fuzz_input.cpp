// SPDX-License-Identifier: MIT
#include "fuzz_input.hpp"

#include "arguments.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace guest::fuzz {
namespace {

constexpr std::array edges{0U,    1U,     15U,    16U,         17U,         255U,       4095U,
                           4096U, 65535U, 65536U, 0x7fffffffU, 0x80000000U, 0xffffffffU};

step parse_step(const std::string& text, operations known) {
    std::istringstream in{text};
    std::string name;
    in >> name;
    const auto found = std::ranges::find(known, name, &operation::name);
    if (found == known.end()) {
        throw std::invalid_argument("no operation is called '" + name + "'");
    }
    step made{static_cast<std::size_t>(found - known.begin()), {}};
    std::size_t count = 0;
    for (std::string word; in >> word; ++count) {
        if (count == found->arguments.size()) {
            throw std::invalid_argument("'" + text + "' has too many arguments");
        }
        made.arguments[count] = arguments::parse<std::uint32_t>(word);
    }
    return made;
}

} // namespace

std::string to_text(const input& what, operations known) {
    std::string text;
    for (const auto& one : what) {
        const auto& operation = known[one.operation];
        text += (text.empty() ? "" : "; ") + std::string(operation.name);
        for (std::size_t i = 0; i < operation.arguments.size(); ++i) {
            text += ' ' + std::to_string(one.arguments[i]);
        }
    }
    return text;
}

input from_text(std::string_view line, operations known) {
    input made;
    std::istringstream in{std::string(line)};
    for (std::string text; std::getline(in, text, ';');) {
        made.push_back(parse_step(text, known));
    }
    return made;
}

std::uint32_t mutator::value(std::span<const std::uint32_t> meaningful) {
    const auto how = below(20);
    if (how < 15 && !meaningful.empty()) {
        return meaningful[below(meaningful.size())];
    }
    if (how < 18) {
        return edges[below(edges.size())];
    }
    return static_cast<std::uint32_t>(random_() >> below(32));
}

step mutator::fresh_step() {
    step made{below(known_.size()), {}};
    const auto& expected = known_[made.operation].arguments;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        made.arguments[i] = value(expected[i]);
    }
    return made;
}

input mutator::fresh() {
    input made(1 + below(8));
    std::ranges::generate(made, [this] { return fresh_step(); });
    return made;
}

void mutator::change_argument(step& what) {
    const auto& expected = known_[what.operation].arguments;
    if (expected.empty()) {
        return;
    }
    const auto which = below(expected.size());
    auto& argument = what.arguments[which];
    switch (below(4)) {
    case 0:
        argument += static_cast<std::uint32_t>(below(33)) - 16;
        break;
    case 1:
        argument ^= 1U << below(32);
        break;
    default:
        argument = value(expected[which]);
    }
}

void mutator::change(input& what, const input& other) {
    const auto at = static_cast<std::ptrdiff_t>(below(what.size()));
    switch (below(8)) {
    case 0:
        what.insert(what.begin() + at, fresh_step());
        break;
    case 1:
        what.push_back(fresh_step());
        break;
    case 2:
        what.insert(what.begin() + at, step{what[static_cast<std::size_t>(at)]});
        break;
    case 3:
        if (what.size() > 1) {
            what.erase(what.begin() + at);
        }
        break;
    case 4:
        what.insert(what.begin() + at, other.begin() + static_cast<std::ptrdiff_t>(below(other.size())), other.end());
        break;
    default:
        change_argument(what[static_cast<std::size_t>(at)]);
    }
    what.resize(std::min(what.size(), most_steps));
}

input mutator::mutated(const input& base, const input& other) {
    auto made = base;
    for (auto changes = 1 + below(4); changes > 0; --changes) {
        change(made, other);
    }
    return made;
}

} // namespace guest::fuzz
