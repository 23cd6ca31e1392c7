// SPDX-License-Identifier: Apache-2.0
//
// control/socket.hpp - the control socket as a file: made without a moment in which it is open to
// others, an old one replaced, a live one left alone.
#pragma once

#include "base/problem.hpp"
#include "base/unique_fd.hpp"

#include <string>
#include <sys/types.h>

namespace cmw::control {

/// Listens on `path` (mode 0660) while it lives; then the file goes, unless another took its place.
class ListeningSocket {
  public:
    static base::Result<ListeningSocket> open(const std::string& path);
    ListeningSocket(ListeningSocket&&) noexcept = default;
    ~ListeningSocket();

    int fd() const noexcept { return socket_.get(); }

  private:
    ListeningSocket() = default;
    std::string path_;
    base::UniqueFd socket_;
    ino_t inode_ = 0;
};

} // namespace cmw::control
