// SPDX-License-Identifier: MIT
// What programs and the compiled library must agree on, beside the names in exports.txt. docs/versions.md says what
// follows from a change here.
#include <libargo/libargo.hpp>
#include <libargo/vsock/vsock.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <link.h>

namespace libargo::test {
namespace {

/// The name under which the loader found the library: its soname, without directories.
std::string loaded_library() {
    std::string found;
    dl_iterate_phdr(
        [](dl_phdr_info* object, std::size_t, void* out) {
            const std::string_view path = object->dlpi_name;
            const auto name = path.substr(path.rfind('/') + 1);
            if (name.starts_with("libargo.so")) {
                *static_cast<std::string*>(out) = name;
            }
            return 0;
        },
        &found);
    return found;
}

TEST(abi, soname_is_that_of_the_layouts_below) { EXPECT_EQ(loaded_library(), "libargo.so.0"); }

TEST(abi, layouts_are_those_of_the_soname) {
    if (sizeof(void*) != 8) {
        GTEST_SKIP() << "the sizes are those of 64-bit machines";
    }
    EXPECT_EQ(sizeof(address), 8U);
    EXPECT_EQ(sizeof(bind_options), 24U);
    EXPECT_EQ(sizeof(bind_result), 24U);
    EXPECT_EQ(sizeof(device_info), 104U);
    EXPECT_EQ(sizeof(endpoint_status), 56U);
    EXPECT_EQ(sizeof(message_info), 32U);
    EXPECT_EQ(sizeof(ring_entry), 168U);
    EXPECT_EQ(sizeof(socket_options), 32U);
    EXPECT_EQ(sizeof(space_state), 16U);
    EXPECT_EQ(sizeof(vsock::address), 8U);

    EXPECT_EQ(sizeof(detail::fault), 8U);
    EXPECT_EQ(sizeof(detail::file_descriptor), 4U);
    EXPECT_EQ(sizeof(detail::iovec_list), 168U);
    EXPECT_EQ(sizeof(detail::message_table), 80U);
    EXPECT_EQ(sizeof(detail::request), 16U);
    EXPECT_EQ(sizeof(detail::send_request), 208U);
    EXPECT_EQ(sizeof(detail::receive_request), 208U);
    EXPECT_EQ(sizeof(detail::send_many_request), 128U);
    EXPECT_EQ(sizeof(detail::receive_many_request), 128U);
    EXPECT_EQ(sizeof(detail::ready_request), 24U);
    EXPECT_EQ(sizeof(detail::writable_request), 40U);
    EXPECT_EQ(sizeof(detail::drain_request), 40U);
    EXPECT_EQ(sizeof(detail::operation), 24U);
}

} // namespace
} // namespace libargo::test
