// SPDX-License-Identifier: Apache-2.0
//
// logs/level.hpp - which level a line of a log says it has. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cmw::logs {

/// CMW_LEVEL_* of a line's first word, if it is INFO, WARN, DEBUG, ERROR, FATAL or TRACE.
std::optional<std::uint32_t> level_word(std::string_view line);

/// The same of one of its first words: in capitals ("WARN", "[ERROR]", also WARNING, CRITICAL and
/// PANIC), or of any case behind "level=", "lvl=" or JSON's "level":.
std::optional<std::uint32_t> find_level(std::string_view line);

} // namespace cmw::logs
