// SPDX-License-Identifier: Apache-2.0
//
// app/version.cpp - cmix-wrapper version.
#include "app/version.hpp"

#include "app/commands.hpp"
#include "app/terminal.hpp"

namespace cmw::app {

int version(const Arguments&) {
    print(fmt::format("cmix-wrapper {}\n", program_version));
    return ExitStatus::done;
}

} // namespace cmw::app
