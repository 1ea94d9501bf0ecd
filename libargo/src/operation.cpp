// SPDX-License-Identifier: MIT
#include <libargo/detail/operation.hpp>

namespace libargo::detail {
namespace {

std::uint64_t next_id() noexcept {
    static std::atomic<std::uint64_t> last = 0;
    return ++last;
}

} // namespace

operation::operation() noexcept : id_(next_id()) {}

} // namespace libargo::detail
