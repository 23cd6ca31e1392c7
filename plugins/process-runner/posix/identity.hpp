// SPDX-License-Identifier: Apache-2.0
//
// posix/identity.hpp - whom a program runs as: looked up here, before the fork, as the functions
// that do are not safe after it.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace cmw::posix {

struct Identity {
    uid_t user = 0;
    gid_t group = 0;
    std::vector<gid_t> groups; ///< Supplementary.
};

/// Of names or numbers; "" for the host's own user, or for the user's own group. Nothing if both
/// are "". Throws Error(CMW_CONFIG) if one does not exist.
std::optional<Identity> find_identity(const std::string& user, const std::string& group);

/// Throws Error(CMW_CONFIG) if the host, not being root, cannot become this. Nothing is left of
/// `identity` if the host is it already.
std::optional<Identity> permitted(std::optional<Identity> identity);

} // namespace cmw::posix
