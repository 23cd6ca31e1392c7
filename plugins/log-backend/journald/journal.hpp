// SPDX-License-Identifier: Apache-2.0
//
// journald/journal.hpp - the journal's socket. Whatever goes wrong is thrown.
#pragma once

#include "shared/socket.hpp"

#include <string>
#include <string_view>

namespace cmw::journald {

class Journal {
  public:
    Journal(const Call& call, std::string path, std::chrono::nanoseconds timeout);

    /// One entry; one that is too large for a datagram is passed as a sealed file in memory.
    void send(const Call& call, std::string_view entry);

    /// Comes back when the journal has read what was sent.
    void wait_until_read(const Call& call);

  private:
    void send_as_file(const Call& call, std::string_view entry);

    std::string path_;
    shared::Patience patience_;
    shared::UniqueFd fd_;
};

} // namespace cmw::journald
