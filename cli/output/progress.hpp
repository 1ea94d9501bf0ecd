// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace argoctl::output {

/// The text of a progress bar. The caller prints it.
class progress {
public:
    using clock = std::chrono::steady_clock;

    /// Without a @p total (a pipe) there is no bar, only the bytes and the speed.
    progress(const std::string& label, std::optional<std::uint64_t> total, clock::time_point start);

    /// One line of at most @p width characters.
    [[nodiscard]] std::string line(std::uint64_t done, clock::time_point now, std::size_t width) const;

private:
    std::string label_;
    std::optional<std::uint64_t> total_;
    clock::time_point start_;
};

/// Redraws a progress line on stderr ten times a second, if stderr is a terminal.
class progress_display {
public:
    progress_display(progress bar, bool enabled);
    ~progress_display();
    progress_display(const progress_display&) = delete;
    progress_display& operator=(const progress_display&) = delete;

    void update(std::uint64_t done);

    /// Draws the last state and ends the line.
    void finish(std::uint64_t done);

private:
    void draw(std::uint64_t done);

    progress bar_;
    bool enabled_;
    bool drawn_ = false;
    progress::clock::time_point next_;
};

} // namespace argoctl::output
