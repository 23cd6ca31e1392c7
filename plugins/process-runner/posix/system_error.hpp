// SPDX-License-Identifier: Apache-2.0
//
// posix/system_error.hpp - an errno as the error of a plugin: "cannot open /x: permission denied".
#pragma once

#include <cmw/error.hpp>

#include <cctype>

namespace cmw::posix {

inline Error system_error(const std::string& what, int error_number) {
    const std::error_code code(error_number, std::generic_category());
    auto why = code.message();
    why[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(why[0])));
    return Error(detail::status_of(code), "cannot " + what + ": " + why);
}

} // namespace cmw::posix
