// SPDX-License-Identifier: Apache-2.0
//
// A command file, as whoever can write to where it is published makes it; the set is read as if it
// were signed.
#include "commands/command_file.hpp"
#include "commands/command_set.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string content(reinterpret_cast<const char*>(data), size);
    const auto parts = cmw::commands::split(content);
    if (!parts) return 0;
    // What is put together again is the same file.
    const auto again = cmw::commands::join(parts->line, parts->signature);
    const auto parts_again = cmw::commands::split(again);
    if (!parts_again || parts_again->line != parts->line ||
        parts_again->signature != parts->signature)
        std::abort();
    const auto set = cmw::commands::parse_command_set(parts->line);
    if (!set) return 0;
    for (const auto& command : set->commands)
        if (cmw::commands::in_words(command).empty() || command.delay.count() < 0) std::abort();
    return 0;
}
