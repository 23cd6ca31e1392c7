// SPDX-License-Identifier: Apache-2.0
#include "owner.hpp"

#include <charconv>
#include <cmw/error.hpp>
#include <grp.h>
#include <optional>
#include <pwd.h>
#include <vector>

namespace cmw::file {

namespace {

std::optional<unsigned> number(const std::string& text) {
    unsigned value = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    const bool whole = error == std::errc{} && stop == end && value != ~0U;
    return whole ? std::optional(value) : std::nullopt;
}

[[noreturn]] void unknown(const char* what, const std::string& name) {
    throw Error(CMW_CONFIG, std::string("cannot give files to the ") + what + " \"" + name +
                                "\": this system does not know it");
}

} // namespace

Owner find_owner(const std::string& user, const std::string& group) {
    Owner owner;
    std::vector<char> buffer(std::size_t{64} * 1024);
    if (const auto value = number(user)) {
        owner.user = *value;
    } else if (!user.empty()) {
        passwd entry{};
        passwd* found = nullptr;
        ::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
        if (found == nullptr) unknown("user", user);
        owner.user = entry.pw_uid;
    }
    if (const auto value = number(group)) {
        owner.group = *value;
    } else if (!group.empty()) {
        ::group entry{};
        ::group* found = nullptr;
        ::getgrnam_r(group.c_str(), &entry, buffer.data(), buffer.size(), &found);
        if (found == nullptr) unknown("group", group);
        owner.group = entry.gr_gid;
    }
    return owner;
}

} // namespace cmw::file
