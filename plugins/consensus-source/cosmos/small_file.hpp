// SPDX-License-Identifier: Apache-2.0
//
// cosmos/small_file.hpp - reads and replaces files that fit into memory easily.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace cmw::cosmos {

struct SmallFile {
    std::string text;
    std::string stamp; ///< Changes when the file is written or replaced, as far as the clock tells.
};

/// Nothing if there is no such file. Throws cmw::Error(CMW_FAILED) if it is larger or no regular
/// file, std::system_error if it cannot be read; both name it.
std::optional<SmallFile> read_small_file(const std::string& path, std::size_t largest);

/// Atomic and durable; closed to others. Throws std::system_error that names it.
void replace_small_file(const std::string& path, const std::string& text);

} // namespace cmw::cosmos
