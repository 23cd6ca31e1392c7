// SPDX-License-Identifier: Apache-2.0
//
// supervisor/last_lines.hpp - what a program said last.
#pragma once

#include "config/settings.hpp"

namespace cmw::supervisor {

/// The last lines, oldest first, at most `most` and out of the last 4 KiB, of the file that its stderr
/// goes to, else of that of its stdout; of each the first 300 bytes. Empty if they cannot be known.
std::vector<std::string> last_lines(const config::ServiceSettings& service, std::size_t most);

} // namespace cmw::supervisor
