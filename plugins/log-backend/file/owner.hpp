// SPDX-License-Identifier: Apache-2.0
//
// file/owner.hpp - whose new files are.
#pragma once

#include <string>
#include <sys/types.h>

namespace cmw::file {

struct Owner {
    uid_t user = static_cast<uid_t>(-1); ///< -1: as it is, for fchown(2).
    gid_t group = static_cast<gid_t>(-1);
};

/// By names or numbers; "": as it is. Throws CMW_CONFIG for a name that the system does not know.
Owner find_owner(const std::string& user, const std::string& group);

} // namespace cmw::file
