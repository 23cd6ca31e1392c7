// SPDX-License-Identifier: Apache-2.0
//
// shared/host_name.hpp - what this machine is called.
#pragma once

#include <array>
#include <string>
#include <unistd.h>

namespace cmw::shared {

/// "" if the system does not say.
inline std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

} // namespace cmw::shared
