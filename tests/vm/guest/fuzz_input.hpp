// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace guest::fuzz {

inline constexpr std::size_t most_words = 10;
inline constexpr std::size_t most_steps = 24;

using words = std::array<std::uint32_t, most_words>;

/// One thing that a target does: the number of its operation, and that operation's arguments.
struct step {
    std::size_t operation = 0;
    words arguments{};
};
using input = std::vector<step>;

/// An operation of a target. For each argument it has the values that mean something to the kernel: a mutation takes
/// one of these most of the time, and any number at others.
struct operation {
    std::string_view name;
    std::vector<std::vector<std::uint32_t>> arguments;
    std::function<void(const words&)> run;
};
using operations = std::span<const operation>;

/// An input is one line: steps with "; " between them, each the name of its operation and its arguments as numbers.
std::string to_text(const input& what, operations known);
/// Throws std::invalid_argument where a line names no operation or has too many arguments.
input from_text(std::string_view line, operations known);

/// Makes inputs out of nothing, and new ones out of others. The same seed makes the same ones.
class mutator {
public:
    mutator(operations known, std::uint32_t seed) : known_{known}, random_{seed} {}

    input fresh();
    /// `other`: an input that a part is taken from at times.
    input mutated(const input& base, const input& other);
    std::size_t below(std::size_t limit) { return random_() % limit; }

private:
    step fresh_step();
    std::uint32_t value(std::span<const std::uint32_t> meaningful);
    void change_argument(step& what);
    void change(input& what, const input& other);

    operations known_;
    std::mt19937 random_;
};

} // namespace guest::fuzz
