// SPDX-License-Identifier: Apache-2.0
#include "base/account.hpp"

#include <cerrno>
#include <charconv>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace cmw::base {

namespace {

std::optional<unsigned> number(const std::string& text) {
    unsigned value = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    // The last number means "leave it as it is" to the kernel: no trial run may stay root by it.
    if (error != std::errc() || rest != end || value == ~0u) return std::nullopt;
    return value;
}

/// Calls `look` with a buffer that grows until it is large enough; whether there is an entry.
template <class Entry, class Look>
bool look_up(Entry& entry, std::vector<char>& buffer, Look look) {
    Entry* found = nullptr;
    buffer.resize(4096);
    while (look(&entry, buffer.data(), buffer.size(), &found) == ERANGE)
        buffer.resize(buffer.size() * 2);
    return found != nullptr;
}

std::vector<gid_t> groups_of(const char* user, gid_t group) {
    int count = 32;
    std::vector<gid_t> groups(32);
    while (::getgrouplist(user, group, groups.data(), &count) < 0)
        groups.resize(static_cast<std::size_t>(count));
    groups.resize(static_cast<std::size_t>(count));
    return groups;
}

} // namespace

Result<std::optional<Account>> find_account(const std::string& user, const std::string& group) {
    Account account{::geteuid(), ::getegid(), {}};
    if (!user.empty()) {
        passwd entry{};
        std::vector<char> buffer;
        const auto id = number(user);
        const bool found = look_up(entry, buffer, [&](auto... rest) {
            return id ? ::getpwuid_r(*id, rest...) : ::getpwnam_r(user.c_str(), rest...);
        });
        if (!found && (!id || group.empty()))
            return fail("user " + user, "cannot run a program as it: there is no such user");
        account.user = found ? entry.pw_uid : *id;
        account.group = found ? entry.pw_gid : account.group;
        if (found) account.groups = groups_of(entry.pw_name, entry.pw_gid);
    }
    if (!group.empty()) {
        ::group entry{};
        std::vector<char> buffer;
        const auto id = number(group);
        const bool found = !id && look_up(entry, buffer, [&](auto... rest) {
            return ::getgrnam_r(group.c_str(), rest...);
        });
        if (!id && !found)
            return fail("group " + group, "cannot run a program as it: there is no such group");
        account.group = id ? *id : entry.gr_gid;
    }
    if (account.user == ::geteuid() && account.group == ::getegid()) return std::nullopt;
    if (account.groups.empty()) account.groups = {account.group};
    if (::geteuid() != 0)
        return fail("user " + user, "cannot run a program as it: the host does not run as root");
    return account;
}

} // namespace cmw::base
