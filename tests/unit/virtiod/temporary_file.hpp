// SPDX-License-Identifier: MIT
#pragma once

#include "util/descriptor.hpp"

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

namespace argovirtiod::test {

/// A file that goes with this.
class temporary_file {
public:
    explicit temporary_file(std::size_t size) {
        const argoctl::descriptor made(::mkstemp(path_.data()));
        if (made.get() < 0) {
            throw std::runtime_error("no temporary file");
        }
        resize(size);
    }
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;
    ~temporary_file() { ::unlink(path_.c_str()); }

    [[nodiscard]] const std::string& path() const { return path_; }
    void resize(std::size_t size) const { std::filesystem::resize_file(path_, size); }
    [[nodiscard]] std::vector<std::byte> content() const {
        std::ifstream in(path_, std::ios::binary);
        const std::string text(std::istreambuf_iterator<char>(in), {});
        const auto bytes = std::as_bytes(std::span(text));
        return {bytes.begin(), bytes.end()};
    }
    [[nodiscard]] std::vector<std::byte> content(std::size_t offset, std::size_t size) const {
        const auto all = content();
        const auto part = std::span(all).subspan(offset, size);
        return {part.begin(), part.end()};
    }

private:
    std::string path_ = std::filesystem::temp_directory_path() / "argo-virtiod-XXXXXX";
};

} // namespace argovirtiod::test
