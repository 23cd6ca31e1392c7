// SPDX-License-Identifier: Apache-2.0
//
// base/account.hpp - whom a program runs as. Looked up before a fork: what looks up is not safe
// after it.
#pragma once

#include "base/problem.hpp"

#include <optional>
#include <sys/types.h>
#include <vector>

namespace cmw::base {

struct Account {
    uid_t user = 0;
    gid_t group = 0;
    std::vector<gid_t> groups; ///< Supplementary.
};

/// Of names or numbers, "" for the host's own user or for the user's own group. Nothing if that is
/// whom the host runs as; a problem if there is no such user, or the host may not become it.
Result<std::optional<Account>> find_account(const std::string& user, const std::string& group);

} // namespace cmw::base
