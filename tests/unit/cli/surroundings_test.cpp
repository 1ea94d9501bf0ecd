// SPDX-License-Identifier: MIT
#include "app/surroundings.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace argoctl {
namespace {

namespace fs = std::filesystem;

/// A machine whose file systems are a folder.
class Surroundings : public testing::Test {
protected:
    Surroundings() {
        std::string name = (fs::temp_directory_path() / "argo-ctl-test.XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error("no temporary directory");
        }
        root = name;
    }
    ~Surroundings() override {
        std::error_code ignored;
        fs::remove_all(root, ignored);
    }

    void put(const std::string& path, std::string_view text = "") const {
        fs::create_directories((root / path).parent_path());
        std::ofstream(root / path) << text;
    }
    surroundings look(const std::string& device = "/dev/argo", const std::vector<gid_t>& groups = {}) const {
        return look_around(root, device, "6.1.0-9-amd64", {"ann", groups});
    }
    gid_t group_of(const std::string& path) const {
        struct stat status {};
        EXPECT_EQ(stat((root / path).c_str(), &status), 0);
        return status.st_gid;
    }

    fs::path root;
};

TEST_F(Surroundings, EmptyMachine) {
    const auto here = look();
    EXPECT_FALSE(here.xen_domain);
    EXPECT_FALSE(here.core_loaded);
    EXPECT_FALSE(here.char_loaded);
    EXPECT_EQ(here.old_driver, "");
    EXPECT_FALSE(here.announced);
    EXPECT_FALSE(here.installed);
    EXPECT_TRUE(here.installed_else.empty());
    EXPECT_FALSE(here.argo_group);
    EXPECT_FALSE(here.device_group);
    EXPECT_EQ(here.release, "6.1.0-9-amd64");
    EXPECT_EQ(here.user, "ann");
}

TEST_F(Surroundings, OnlyXenIsXen) {
    put("sys/hypervisor/type", "kvm\n");
    EXPECT_FALSE(look().xen_domain);
    put("sys/hypervisor/type", "xen\n");
    EXPECT_TRUE(look().xen_domain);
}

TEST_F(Surroundings, LoadedModules) {
    put("sys/module/argo/refcnt");
    EXPECT_TRUE(look().core_loaded);
    EXPECT_FALSE(look().char_loaded);
    put("sys/module/argo_char/refcnt");
    EXPECT_TRUE(look().char_loaded);
    EXPECT_EQ(look().old_driver, "");
    put("sys/module/xen_argo_stream/refcnt");
    EXPECT_EQ(look().old_driver, "xen_argo_stream");
    put("sys/module/xen_argo/refcnt");
    EXPECT_EQ(look().old_driver, "xen_argo");
}

TEST_F(Surroundings, DeviceOfTheKernelIsThatOfTheName) {
    put("sys/class/misc/argo0/dev", "10:61\n");
    EXPECT_FALSE(look().announced);
    EXPECT_TRUE(look("/dev/argo0").announced);
}

TEST_F(Surroundings, ModulesOfEachKernel) {
    // Its names begin or end alike.
    put("lib/modules/6.1.0-9-amd64/modules.dep", "extra/argo_char.ko: extra/argo.ko\nextra/xen-argo.ko:\n");
    put("lib/modules/6.1.0-10-amd64/modules.dep", "kernel/fs/fat.ko:\nupdates/dkms/argo.ko.xz:\n");
    put("lib/modules/5.10.0-1-amd64/modules.dep", "extra/argo.ko:\n");
    put("lib/modules/unfinished/empty");
    EXPECT_FALSE(look().installed);
    EXPECT_EQ(look().installed_else, (std::vector<std::string>{"5.10.0-1-amd64", "6.1.0-10-amd64"}));
    put("lib/modules/6.1.0-9-amd64/modules.dep", "extra/argo.ko:\n");
    EXPECT_TRUE(look().installed);
    EXPECT_EQ(look().installed_else.size(), 2U);
}

TEST_F(Surroundings, GroupAndItsMembers) {
    put("etc/group", "root:x:0:\nargonauts:x:7:ann\nargo:x:997:bob,anna\n");
    ASSERT_TRUE(look().argo_group);
    EXPECT_EQ(look().argo_group->number, 997U);
    EXPECT_FALSE(look().argo_group->has_user);
    put("etc/group", "argo:x:997:bob,ann\n");
    EXPECT_TRUE(look().argo_group->has_user);
    put("etc/group", "argo:x:\n");
    EXPECT_FALSE(look().argo_group);
}

TEST_F(Surroundings, GroupOfTheDevice) {
    put("dev/argo");
    const gid_t group = group_of("dev/argo");
    EXPECT_EQ(look().device_group, group);
    EXPECT_FALSE(look("/dev/argo", {group + 1}).in_device_group);
    EXPECT_TRUE(look("/dev/argo", {group + 1, group}).in_device_group);
}

TEST(SurroundingsOfThisMachine, AreThoseOfTheProcess) {
    const auto here = look_around("/dev/null");
    EXPECT_NE(here.release, "");
    EXPECT_NE(here.user, "");
    EXPECT_TRUE(here.announced || here.device_group);
}

} // namespace
} // namespace argoctl
