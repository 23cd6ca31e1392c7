// SPDX-License-Identifier: Apache-2.0
//
// shared/file_beginning.hpp - the first bytes of a file, which is expected to be small.
#pragma once

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <string>
#include <unistd.h>

namespace cmw::shared {

/// Its first `limit` bytes; nothing, and errno, if it cannot be read.
inline std::optional<std::string> read_beginning(const std::string& path, std::size_t limit) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return std::nullopt;
    std::string text;
    std::array<char, 4096> piece{};
    ssize_t got = 0;
    while (text.size() < limit && (got = ::read(fd, piece.data(), piece.size())) > 0)
        text.append(piece.data(), static_cast<std::size_t>(got));
    const int error = errno;
    ::close(fd);
    if (got < 0) {
        errno = error;
        return std::nullopt;
    }
    if (text.size() > limit) text.resize(limit);
    return text;
}

} // namespace cmw::shared
