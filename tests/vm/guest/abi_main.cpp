// SPDX-License-Identifier: MIT
#include "abi.hpp"
#include "arguments.hpp"

#include <csignal>
#include <iostream>

namespace {

/// What the tests opened they have closed, and the kernel has forgotten.
class no_ring_left : public testing::Environment {
public:
    void SetUp() override { before_ = guest::information().rings; }
    void TearDown() override {
        guest::eventually([this] { return guest::information().rings <= before_; });
        EXPECT_LE(guest::information().rings, before_) << "rings were left behind";
    }

private:
    std::uint32_t before_ = 0;
};

std::uint16_t domain(const std::string& text) {
    const auto domid = guest::parse_domid(text);
    return domid == ARGO_DOMID_SELF ? guest::own_domid() : domid;
}

} // namespace

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    // What cannot go on after a lost peer is seen as EPIPE, as in any program that minds.
    std::signal(SIGPIPE, SIG_IGN);
    try {
        const guest::arguments options{argc, argv};
        if (options.has("peer")) {
            guest::around().peer = domain(options.text("peer"));
        }
        if (options.has("peer2")) {
            guest::around().peer2 = domain(options.text("peer2"));
        }
        guest::around().hypervisor = options.text("hypervisor", "xen");
        testing::AddGlobalTestEnvironment(std::make_unique<no_ring_left>().release());
        return RUN_ALL_TESTS();
    } catch (const std::exception& error) {
        std::cerr << "argo-abi-tests: " << error.what() << '\n';
        return 1;
    }
}
