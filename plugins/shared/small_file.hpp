// SPDX-License-Identifier: Apache-2.0
//
// shared/small_file.hpp - reads and replaces files that fit into memory easily.
#pragma once

#include <cstddef>
#include <ctime>
#include <optional>
#include <string>
#include <sys/types.h>

namespace cmw::shared {

struct SmallFile {
    std::string text;
    std::string stamp; ///< Changes when the file is written or replaced, as far as the clock tells.
    mode_t mode = 0;
    std::time_t modified = 0;
};

/// Nothing if there is no such file. Throws cmw::Error with CMW_INVALID if it is larger and with
/// CMW_FAILED if it is no regular file, std::system_error if it cannot be read; all name it.
/// `more_flags`: of open(2), such as O_NOFOLLOW. Never blocks, not on a pipe either.
std::optional<SmallFile> read_small_file(const std::string& path, std::size_t largest,
                                         int more_flags = 0);

/// Atomic and durable; closed to others. Throws std::system_error that names it.
void replace_small_file(const std::string& path, const std::string& text);

} // namespace cmw::shared
