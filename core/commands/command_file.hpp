// SPDX-License-Identifier: Apache-2.0
//
// commands/command_file.hpp - the file that the network publishes: the command set on one line, and
// {"signature": "<base64>"} on the next, made over the exact bytes of the first without the white
// space around it. Pure.
#pragma once

#include "base/problem.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cmw::commands {

inline constexpr std::size_t max_command_file = std::size_t{256} << 10;

struct SignedLine {
    std::string_view line; ///< Into the file's content.
    std::vector<std::uint8_t> signature;
};

/// Takes the file apart: just two lines, and nothing that is not needed. A Problem without `where`.
base::Result<SignedLine> split(std::string_view content);

/// The inverse.
std::string join(std::string_view line, std::span<const std::uint8_t> signature);

} // namespace cmw::commands
