// SPDX-License-Identifier: MIT
#include <net/wire.h>

#include <array>

#include <gtest/gtest.h>

namespace {

using address = std::array<u8, 6>;

address mac_of(u16 domid) {
    address mac{};
    argo_net_mac(mac.data(), domid);
    return mac;
}

TEST(net_wire, an_address_has_the_domid_in_it) {
    EXPECT_EQ(mac_of(0), (address{0x02, 'A', 'R', 'G', 0, 0}));
    EXPECT_EQ(mac_of(0x1234), (address{0x02, 'A', 'R', 'G', 0x12, 0x34}));
}

TEST(net_wire, an_address_is_of_one_host_and_locally_administered) {
    EXPECT_EQ(mac_of(7)[0] & 0x01, 0);
    EXPECT_EQ(mac_of(7)[0] & 0x02, 0x02);
}

TEST(net_wire, the_domain_is_found_again) {
    for (u16 domid = 0; domid < ARGO_DOMID_FIRST_RESERVED; domid++) {
        ASSERT_EQ(argo_net_domid(mac_of(domid).data()), domid);
    }
}

TEST(net_wire, ids_that_mean_no_domain_have_no_address) {
    for (unsigned int domid = ARGO_DOMID_FIRST_RESERVED; domid <= 0xffff; domid++) {
        ASSERT_EQ(argo_net_domid(mac_of(static_cast<u16>(domid)).data()), -1) << domid;
    }
}

TEST(net_wire, other_addresses_are_no_domains) {
    const auto mac = mac_of(3);
    for (unsigned int byte = 0; byte < 4; byte++) {
        for (unsigned int bit = 0; bit < 8; bit++) {
            auto other = mac;
            other[byte] = static_cast<u8>(other[byte] ^ (1U << bit));
            EXPECT_EQ(argo_net_domid(other.data()), -1) << "byte " << byte << ", bit " << bit;
        }
    }
    EXPECT_EQ(argo_net_domid(address{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}.data()), -1);
}

} // namespace
