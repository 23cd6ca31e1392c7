// SPDX-License-Identifier: Apache-2.0
#include "identity.hpp"

#include <charconv>
#include <cmw/error.hpp>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace cmw::posix {

namespace {

std::optional<unsigned> number(const std::string& text) {
    unsigned value = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || rest != end || value == ~0u) return std::nullopt;
    return value;
}

struct Account {
    std::string name;
    uid_t user;
    gid_t group;
};

/// Calls `look` with a buffer that grows until it is large enough.
template <class Entry, class Look>
bool look_up(Entry& entry, std::vector<char>& buffer, Look look) {
    Entry* found = nullptr;
    buffer.resize(4096);
    while (look(&entry, buffer.data(), buffer.size(), &found) == ERANGE)
        buffer.resize(buffer.size() * 2);
    return found != nullptr;
}

std::optional<Account> find_account(const std::string& user) {
    passwd entry{};
    std::vector<char> buffer;
    const auto id = number(user);
    const bool found = look_up(entry, buffer, [&](auto... rest) {
        return id ? ::getpwuid_r(*id, rest...) : ::getpwnam_r(user.c_str(), rest...);
    });
    if (!found) return std::nullopt;
    return Account{entry.pw_name, entry.pw_uid, entry.pw_gid};
}

gid_t find_group(const std::string& name) {
    if (const auto id = number(name)) return *id;
    group entry{};
    std::vector<char> buffer;
    const bool found =
        look_up(entry, buffer, [&](auto... rest) { return ::getgrnam_r(name.c_str(), rest...); });
    if (!found) throw Error(CMW_CONFIG, "cannot run as group " + name + ": there is no such group");
    return entry.gr_gid;
}

std::vector<gid_t> groups_of(const std::string& user, gid_t group) {
    int count = 32;
    std::vector<gid_t> groups(32);
    while (::getgrouplist(user.c_str(), group, groups.data(), &count) < 0)
        groups.resize(static_cast<std::size_t>(count));
    groups.resize(static_cast<std::size_t>(count));
    return groups;
}

} // namespace

std::optional<Identity> find_identity(const std::string& user, const std::string& group) {
    if (user.empty() && group.empty()) return std::nullopt;
    Identity identity;
    if (user.empty()) {
        identity.user = ::geteuid();
        identity.group = find_group(group);
        identity.groups = {identity.group};
        return identity;
    }
    const auto account = find_account(user);
    const auto id = number(user);
    if (!account && !id)
        throw Error(CMW_CONFIG, "cannot run as user " + user + ": there is no such user");
    if (!account && group.empty())
        throw Error(CMW_CONFIG,
                    "cannot run as user " + user + ": it has no entry, so its group must be given");
    identity.user = account ? account->user : *id;
    identity.group = group.empty() ? account->group : find_group(group);
    if (account)
        identity.groups = groups_of(account->name, identity.group);
    else
        identity.groups = {identity.group};
    return identity;
}

std::optional<Identity> permitted(std::optional<Identity> identity) {
    if (!identity || ::geteuid() == 0) return identity;
    if (identity->user == ::geteuid() && identity->group == ::getegid()) return std::nullopt;
    throw Error(CMW_CONFIG, "cannot run a program as another user or group: the host does not run "
                            "as root");
}

} // namespace cmw::posix
