// SPDX-License-Identifier: MIT
#include <vsock/wire.h>

#include <functional>
#include <string>

#include <gtest/gtest.h>

namespace {

constexpr u32 sender = 5;
constexpr u32 receiver = 7;
constexpr u16 last_type = VIRTIO_VSOCK_TYPE_SEQPACKET;

// Data of a stream, as it should be.
virtio_vsock_hdr packet(u32 len = 100, u16 op = VIRTIO_VSOCK_OP_RW) {
    virtio_vsock_hdr hdr{};
    hdr.src_cid = htole64(sender);
    hdr.dst_cid = htole64(receiver);
    hdr.src_port = htole32(1024);
    hdr.dst_port = htole32(9000);
    hdr.len = htole32(len);
    hdr.type = htole16(VIRTIO_VSOCK_TYPE_STREAM);
    hdr.op = htole16(op);
    return hdr;
}

argo_vsock_fault check(const virtio_vsock_hdr& hdr, u32 len = 100) {
    return argo_vsock_check(&hdr, len, sender, receiver, last_type);
}

TEST(vsock_wire, what_is_right_passes) {
    EXPECT_EQ(check(packet()), ARGO_VSOCK_OK);
    EXPECT_EQ(check(packet(1), 1), ARGO_VSOCK_OK);
    EXPECT_EQ(check(packet(ARGO_VSOCK_MAX_PAYLOAD), ARGO_VSOCK_MAX_PAYLOAD), ARGO_VSOCK_OK);
    for (u16 op = VIRTIO_VSOCK_OP_REQUEST; op <= VIRTIO_VSOCK_OP_CREDIT_REQUEST; op++) {
        if (op != VIRTIO_VSOCK_OP_RW) {
            EXPECT_EQ(check(packet(0, op), 0), ARGO_VSOCK_OK) << op;
        }
    }
}

TEST(vsock_wire, nobody_speaks_in_anothers_name) {
    auto hdr = packet();
    for (const u64 cid : {u64{0}, u64{1}, u64{sender + 1}, u64{receiver}, u64{1} << 32U | sender}) {
        hdr.src_cid = htole64(cid);
        EXPECT_EQ(check(hdr), ARGO_VSOCK_WRONG_SOURCE) << cid;
    }
}

TEST(vsock_wire, the_name_is_looked_at_first) {
    auto hdr = packet();
    hdr.src_cid = htole64(sender + 1);
    hdr.op = htole16(99);
    EXPECT_EQ(check(hdr), ARGO_VSOCK_WRONG_SOURCE);
}

struct mistake {
    std::string name;
    std::function<void(virtio_vsock_hdr&)> make;
};

class vsock_wire_mistake : public testing::TestWithParam<mistake> {};

TEST_P(vsock_wire_mistake, is_found) {
    auto hdr = packet();
    GetParam().make(hdr);
    EXPECT_EQ(check(hdr), ARGO_VSOCK_MALFORMED);
}

INSTANTIATE_TEST_SUITE_P(
    , vsock_wire_mistake,
    testing::Values(mistake{"for_another", [](auto& hdr) { hdr.dst_cid = htole64(receiver + 1); }},
                    mistake{"no_type", [](auto& hdr) { hdr.type = 0; }},
                    mistake{"type_of_a_later_kernel", [](auto& hdr) { hdr.type = htole16(last_type + 1); }},
                    mistake{"no_operation", [](auto& hdr) { hdr.op = 0; }},
                    mistake{"unknown_operation",
                            [](auto& hdr) { hdr.op = htole16(VIRTIO_VSOCK_OP_CREDIT_REQUEST + 1); }},
                    mistake{"longer_than_it_is", [](auto& hdr) { hdr.len = htole32(101); }},
                    mistake{"shorter_than_it_is", [](auto& hdr) { hdr.len = htole32(99); }},
                    mistake{"payload_of_a_request", [](auto& hdr) { hdr.op = htole16(VIRTIO_VSOCK_OP_REQUEST); }},
                    mistake{"flags_of_a_stream", [](auto& hdr) { hdr.flags = htole32(VIRTIO_VSOCK_SEQ_EOM); }}),
    [](const auto& about) { return about.param.name; });

TEST(vsock_wire, data_without_any_is_none) { EXPECT_EQ(check(packet(0), 0), ARGO_VSOCK_MALFORMED); }

TEST(vsock_wire, no_more_than_a_packet_holds) {
    const u32 len = ARGO_VSOCK_MAX_PAYLOAD + 1;
    EXPECT_EQ(check(packet(len), len), ARGO_VSOCK_MALFORMED);
}

TEST(vsock_wire, a_shutdown_has_two_flags) {
    auto hdr = packet(0, VIRTIO_VSOCK_OP_SHUTDOWN);
    for (u32 flags = 0; flags < 4; flags++) {
        hdr.flags = htole32(flags);
        EXPECT_EQ(check(hdr, 0), ARGO_VSOCK_OK) << flags;
    }
    hdr.flags = htole32(4);
    EXPECT_EQ(check(hdr, 0), ARGO_VSOCK_MALFORMED);
}

TEST(vsock_wire, records_may_have_flags) {
    auto hdr = packet();
    hdr.type = htole16(VIRTIO_VSOCK_TYPE_SEQPACKET);
    hdr.flags = htole32(VIRTIO_VSOCK_SEQ_EOM | VIRTIO_VSOCK_SEQ_EOR);
    EXPECT_EQ(check(hdr), ARGO_VSOCK_OK);
}

TEST(vsock_wire, the_rest_of_a_message_is_as_long_as_it_was) {
    const auto hdr = packet(8);
    EXPECT_EQ(argo_vsock_check_rest(&hdr, 7, 8), ARGO_VSOCK_OK);
    for (const u32 len : {0U, 6U, 7U, 9U, ~0U}) {
        EXPECT_EQ(argo_vsock_check_rest(&hdr, 7, len), ARGO_VSOCK_MALFORMED) << len;
    }
    // More than all of it cannot have been read.
    EXPECT_EQ(argo_vsock_check_rest(&hdr, 8, 8), ARGO_VSOCK_MALFORMED);
    EXPECT_EQ(argo_vsock_check_rest(&hdr, 9, 8), ARGO_VSOCK_MALFORMED);
}

TEST(vsock_wire, only_a_streams_data_is_that) {
    auto hdr = packet();
    EXPECT_TRUE(argo_vsock_is_stream_data(&hdr));
    hdr = packet(0, VIRTIO_VSOCK_OP_CREDIT_UPDATE);
    EXPECT_FALSE(argo_vsock_is_stream_data(&hdr));
    hdr = packet();
    hdr.type = htole16(VIRTIO_VSOCK_TYPE_SEQPACKET);
    EXPECT_FALSE(argo_vsock_is_stream_data(&hdr));
}

TEST(vsock_wire, cids_are_domids_and_two) {
    EXPECT_EQ(argo_vsock_cid(0), 2U);
    EXPECT_FALSE(argo_vsock_cid_is_domain(1));
    EXPECT_TRUE(argo_vsock_cid_is_domain(2));
    EXPECT_TRUE(argo_vsock_cid_is_domain(argo_vsock_cid(ARGO_DOMID_FIRST_RESERVED - 1)));
    EXPECT_FALSE(argo_vsock_cid_is_domain(argo_vsock_cid(ARGO_DOMID_FIRST_RESERVED)));
    EXPECT_FALSE(argo_vsock_cid_is_domain(u64{1} << 32U | 2));
}

} // namespace
