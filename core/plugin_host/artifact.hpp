// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/artifact.hpp - a piece of software as the core names it to plugins, and they to it.
#pragma once

#include "base/digest.hpp"

namespace cmw::plugin_host {

struct Artifact {
    base::Digest digest;
    std::string target;                 ///< "server"
    std::vector<std::string> locations; ///< URLs that the network names; often none.

    bool operator==(const Artifact&) const = default;
};

} // namespace cmw::plugin_host
