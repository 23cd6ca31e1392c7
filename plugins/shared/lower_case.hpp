// SPDX-License-Identifier: Apache-2.0
//
// shared/lower_case.hpp - names of protocols, which have no case. Pure.
#pragma once

#include <string>

namespace cmw::shared {

/// A to Z become a to z, whatever the locale; other bytes stay.
inline std::string lower_case(std::string text) {
    for (auto& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

} // namespace cmw::shared
