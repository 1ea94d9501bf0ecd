// SPDX-License-Identifier: MIT
#include "output/progress.hpp"

#include "output/units.hpp"

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace argoctl::output {

namespace {

constexpr auto redraw_interval = std::chrono::milliseconds(100);
constexpr std::size_t smallest_bar = 10;
constexpr std::size_t widest_label = 24;

std::size_t terminal_width() {
    winsize size{};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    return 80;
}

} // namespace

progress::progress(const std::string& label, std::optional<std::uint64_t> total, clock::time_point start)
    : label_(printable(label)), total_(total), start_(start) {
    if (label_.size() > widest_label) {
        label_.resize(widest_label);
    }
}

std::string progress::line(std::uint64_t done, clock::time_point now, std::size_t width) const {
    const double elapsed = std::chrono::duration<double>(now - start_).count();
    const double rate = elapsed > 0 ? static_cast<double>(done) / elapsed : 0;
    std::string text = label_;
    std::string tail = fmt::format(" {:>10} {:>10}/s", human_bytes(static_cast<double>(done)), human_bytes(rate));

    if (total_) {
        const double part =
            *total_ == 0 ? 1.0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(*total_));
        text += fmt::format(" {:3.0f}%", part * 100);
        if (rate > 0 && done < *total_) {
            const double left = static_cast<double>(*total_ - done) / rate;
            constexpr double longest = 100.0 * 3600;
            if (left < longest) {
                tail += fmt::format(" ETA {}", human_clock(std::chrono::seconds(std::lround(left))));
            }
        }
        const std::size_t taken = text.size() + tail.size() + 3;
        if (width >= taken + smallest_bar) {
            const std::size_t cells = std::min<std::size_t>(width - taken, 50);
            const auto full = static_cast<std::size_t>(part * static_cast<double>(cells));
            text += " [" + std::string(full, '#') + std::string(cells - full, '.') + "]";
        }
    }
    text += tail;
    if (text.size() > width) {
        text.resize(width);
    }
    return text;
}

progress_display::progress_display(progress bar, bool enabled)
    : bar_(std::move(bar)), enabled_(enabled && isatty(STDERR_FILENO) == 1), next_(progress::clock::now()) {}

progress_display::~progress_display() {
    if (drawn_) {
        std::fputc('\n', stderr);
    }
}

void progress_display::update(std::uint64_t done) {
    if (enabled_ && progress::clock::now() >= next_) {
        draw(done);
    }
}

void progress_display::finish(std::uint64_t done) {
    if (!enabled_) {
        return;
    }
    draw(done);
    std::fputc('\n', stderr);
    drawn_ = false;
    enabled_ = false;
}

void progress_display::draw(std::uint64_t done) {
    const auto now = progress::clock::now();
    // One column stays free: a full line makes some terminals wrap.
    const std::string text = bar_.line(done, now, terminal_width() - 1);
    fmt::print(stderr, "\r{}\x1b[K", text);
    std::fflush(stderr);
    drawn_ = true;
    next_ = now + redraw_interval;
}

} // namespace argoctl::output
