// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/identity.hpp - the service "identity/1": cmw/abi/identity.h over the identity file.
#pragma once

#include "base/problem.hpp"

#include <cmw/abi/identity.h>
#include <map>

namespace cmw::plugin_host {

/// The texts of an identity file, read now; other members of its JSON object are left out. Nothing:
/// there is no such file yet. A problem is a file that cannot be read or is no JSON object.
base::Result<std::optional<std::map<std::string, std::string>>>
read_identity_file(const std::string& path);

class Identity {
  public:
    /// `path`: "" if none is configured. Its address stays: neither copied nor moved.
    explicit Identity(std::string path);
    Identity(const Identity&) = delete;
    Identity& operator=(const Identity&) = delete;

    const cmw_identity& table() const noexcept { return table_.identity; }

  private:
    struct Table {
        cmw_identity identity{}; ///< First, so that a cmw_identity* is a Table*.
        const Identity* self = nullptr;
    };
    static cmw_status read(const cmw_identity* identity, const char* field, char* buffer,
                           std::size_t capacity, cmw_error* error) noexcept;

    std::string path_;
    Table table_;
};

} // namespace cmw::plugin_host
