// SPDX-License-Identifier: MIT
#include "policy/binary_policy.hpp"

#include <fmt/format.h>
#include <sepol/policydb/avtab.h>
#include <sepol/policydb/policydb.h>

#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <utility>

namespace argopolicy {

namespace {

/// Ports are labelled as frame numbers that no frame has.
constexpr std::uint64_t first_frame = 0xa467000000000000U;

std::vector<char> content(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::vector<char> all{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (!in || all.empty()) {
        throw std::runtime_error(fmt::format("{} cannot be read, or is empty", path.string()));
    }
    return all;
}

/// The frame numbers that a label is for.
struct frames {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
};

frames frames_of(const ocontext_t& label) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-union-access): libsepol's
    return {label.u.iomem.low_iomem, label.u.iomem.high_iomem};
}

const char* to_name(argo_right right) {
    switch (right) {
    case argo_right::enable:
        return "enable";
    case argo_right::register_single_source:
        return "register_single_source";
    case argo_right::register_any_source:
        return "register_any_source";
    case argo_right::send:
        break;
    }
    return "send";
}

} // namespace

struct binary_policy::data {
    explicit data(const std::filesystem::path& path) {
        if (policydb_init(&db) != 0) {
            throw std::bad_alloc();
        }
        try {
            read(path);
            look_up();
        } catch (...) {
            policydb_destroy(&db);
            throw;
        }
    }
    ~data() { policydb_destroy(&db); }
    data(const data&) = delete;
    data& operator=(const data&) = delete;

    void read(const std::filesystem::path& path);
    void look_up();
    void refuse_what_is_not_judged() const;
    [[nodiscard]] bool has(type from, type to, argo_right right) const;
    [[nodiscard]] type label(type owner, std::uint32_t port) const;
    [[nodiscard]] type transition(type from, type to, std::uint32_t cls) const;
    [[nodiscard]] class_datum_t* class_named(const char* name) const;
    [[nodiscard]] type type_value(const char* name) const;

    // libsepol's lookups take pointers to what they do not change.
    mutable policydb_t db{};
    class_datum_t* argo = nullptr;
    std::uint32_t domain_class = 0;
    type xen = 0;
    type unlabelled = 0;
    std::map<argo_right, std::uint32_t> bits;
    mutable std::map<std::pair<type, type>, std::uint32_t> known;
};

void binary_policy::data::read(const std::filesystem::path& path) {
    std::vector<char> all = content(path);
    policy_file_t file{};
    policy_file_init(&file);
    file.type = PF_USE_MEMORY;
    file.data = all.data();
    file.len = all.size();
    if (policydb_read(&db, &file, 0) != 0) {
        throw std::runtime_error(fmt::format("{} is no binary policy that libsepol can read", path.string()));
    }
    if (db.target_platform != SEPOL_TARGET_XEN) {
        throw std::runtime_error(fmt::format("{} is a policy for SELinux, not for Xen", path.string()));
    }
}

class_datum_t* binary_policy::data::class_named(const char* name) const {
    auto* found = static_cast<class_datum_t*>(hashtab_search(db.p_classes.table, name));
    if (found == nullptr) {
        throw std::runtime_error(fmt::format("the binary policy has no class {}", name));
    }
    return found;
}

binary_policy::type binary_policy::data::type_value(const char* name) const {
    const auto* found = static_cast<type_datum_t*>(hashtab_search(db.p_types.table, name));
    if (found == nullptr) {
        throw std::runtime_error(fmt::format("the binary policy has no type {}", name));
    }
    return found->s.value;
}

void binary_policy::data::look_up() {
    domain_class = class_named("domain")->s.value;
    argo = class_named("argo");
    xen = type_value("xen_t");
    for (const argo_right right :
         {argo_right::enable, argo_right::register_single_source, argo_right::register_any_source, argo_right::send}) {
        const auto* found = static_cast<perm_datum_t*>(hashtab_search(argo->permissions.table, to_name(right)));
        if (found == nullptr) {
            throw std::runtime_error(
                fmt::format("the class argo of the binary policy has no right {}", to_name(right)));
        }
        bits[right] = 1U << (found->s.value - 1);
    }
    // The names of initial SIDs are not in it. The one of ports has the type argo_port_t, or no ports are checked.
    const type ports = type_value("argo_port_t");
    for (const ocontext_t* one = db.ocontexts[OCON_XEN_ISID]; one != nullptr; one = one->next) {
        if (one->context[0].type == ports) {
            unlabelled = ports;
        }
    }
    if (unlabelled == 0) {
        throw std::runtime_error("the binary policy gives no initial SID the type argo_port_t, so Xen checks no ports");
    }
    refuse_what_is_not_judged();
}

/// What could make an answer depend on more than types is refused rather than guessed.
void binary_policy::data::refuse_what_is_not_judged() const {
    if (argo->constraints != nullptr) {
        throw std::runtime_error("the binary policy constrains the class argo, which is not judged here");
    }
    const auto conditional = [](avtab_key_t* key, avtab_datum_t* /*datum*/, void* cls) {
        return key->target_class == *static_cast<std::uint32_t*>(cls) ? -1 : 0;
    };
    std::uint32_t value = argo->s.value;
    if (avtab_map(&db.te_cond_avtab, conditional, &value) != 0) {
        throw std::runtime_error("the binary policy has rules for the class argo that depend on a boolean, which are "
                                 "not judged here");
    }
}

bool binary_policy::data::has(type from, type to, argo_right right) const {
    const auto [place, fresh] = known.emplace(std::pair(from, to), 0);
    if (fresh) {
        for (unsigned source = 0; source < ebitmap_length(&db.type_attr_map[from - 1]); ++source) {
            if (ebitmap_get_bit(&db.type_attr_map[from - 1], source) == 0) {
                continue;
            }
            for (unsigned target = 0; target < ebitmap_length(&db.type_attr_map[to - 1]); ++target) {
                if (ebitmap_get_bit(&db.type_attr_map[to - 1], target) == 0) {
                    continue;
                }
                avtab_key_t key{static_cast<std::uint16_t>(source + 1), static_cast<std::uint16_t>(target + 1),
                                static_cast<std::uint16_t>(argo->s.value), AVTAB_ALLOWED};
                if (const avtab_datum_t* rule = avtab_search(&db.te_avtab, &key); rule != nullptr) {
                    place->second |= rule->data;
                }
            }
        }
    }
    return (place->second & bits.at(right)) != 0;
}

binary_policy::type binary_policy::data::transition(type from, type to, std::uint32_t cls) const {
    avtab_key_t key{static_cast<std::uint16_t>(from), static_cast<std::uint16_t>(to), static_cast<std::uint16_t>(cls),
                    AVTAB_TRANSITION};
    const avtab_datum_t* rule = avtab_search(&db.te_avtab, &key);
    return rule == nullptr ? to : rule->data;
}

binary_policy::type binary_policy::data::label(type owner, std::uint32_t port) const {
    type of_number = unlabelled;
    for (const ocontext_t* one = db.ocontexts[OCON_XEN_IOMEM]; one != nullptr; one = one->next) {
        const frames labelled = frames_of(*one);
        if (labelled.first <= first_frame + port && first_frame + port <= labelled.last) {
            of_number = one->context[0].type;
            break;
        }
    }
    return transition(owner, of_number, argo->s.value);
}

binary_policy::binary_policy(const std::filesystem::path& path) : data_(std::make_unique<data>(path)) {}

binary_policy::~binary_policy() = default;

std::optional<binary_policy::type> binary_policy::find(const std::string& name) const {
    const auto* found = static_cast<type_datum_t*>(hashtab_search(data_->db.p_types.table, name.c_str()));
    return found == nullptr || found->flavor == TYPE_ATTRIB ? std::nullopt : std::optional<type>(found->s.value);
}

std::string binary_policy::name(type one) const { return data_->db.p_type_val_to_name[one - 1]; }

std::vector<binary_policy::type> binary_policy::domains() const {
    std::vector<type> all;
    for (type one = 1; one <= data_->db.p_types.nprim; ++one) {
        const type_datum_t* found = data_->db.type_val_to_struct[one - 1];
        if (found != nullptr && found->flavor != TYPE_ATTRIB && data_->has(one, data_->xen, argo_right::enable)) {
            all.push_back(one);
        }
    }
    return all;
}

std::set<std::uint64_t> binary_policy::boundaries() const {
    constexpr std::uint64_t ports = std::uint64_t{1} << 32U;
    std::set<std::uint64_t> at{0, ports};
    for (const ocontext_t* one = data_->db.ocontexts[OCON_XEN_IOMEM]; one != nullptr; one = one->next) {
        const frames labelled = frames_of(*one);
        for (const std::uint64_t frame : {labelled.first, labelled.last + 1}) {
            if (frame >= first_frame && frame - first_frame < ports) {
                at.insert(frame - first_frame);
            }
        }
    }
    return at;
}

bool binary_policy::may_send(type from, type owner, std::uint32_t port) const {
    // A domain has a type of its own as the target of what it does to itself.
    const type target = from == owner ? data_->transition(owner, owner, data_->domain_class) : owner;
    return data_->has(from, data_->xen, argo_right::enable) && data_->has(from, target, argo_right::send) &&
           data_->has(from, data_->label(owner, port), argo_right::send);
}

bool binary_policy::may_register(type owner, std::uint32_t port, argo_right kind) const {
    if (!data_->has(owner, data_->xen, argo_right::enable) || !data_->has(owner, data_->label(owner, port), kind)) {
        return false;
    }
    return kind != argo_right::register_any_source || data_->has(owner, data_->xen, kind);
}

} // namespace argopolicy
