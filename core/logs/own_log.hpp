// SPDX-License-Identifier: Apache-2.0
//
// logs/own_log.hpp - the host's own log: lines "LEVEL TIME message" to stderr, for people, and to a
// file that is shipped like any other stream, rotated by size. Through spdlog.
//
// log() may be called from any thread at any time, also before init_own_log (then it goes to stderr
// alone). It never throws; what cannot be written, because the disk is full, is dropped and counted.
#pragma once

#include "base/problem.hpp"

#include <cmw/abi/plugin.h>
#include <cstdint>
#include <fmt/core.h>
#include <string>

namespace cmw::logs {

struct OwnLogSettings {
    std::string level =
        "info";       ///< trace, debug, info, warn, error or fatal: the least to be logged.
    std::string file; ///< Absolute; "": stderr alone.
    std::size_t max_size = std::size_t{10} * 1024 * 1024; ///< Bytes; then the file is rotated.
    std::size_t keep = 3;                                 ///< Older generations.
};

/// Replaces what was set before. Without the file, if there is a problem with it: stderr still
/// works. On stderr there is colour on a terminal, and no time if it is the journal. [not while
/// another thread calls it]
base::Result<> init_own_log(const OwnLogSettings& settings);

/// CMW_LEVEL_* of its name; of one that is unknown, that of "info".
std::uint32_t parse_level(std::string_view name);

bool is_logged(std::uint32_t level) noexcept;

/// One entry, without a line feed at its end. Further lines in it are indented, so that they cannot
/// be taken for entries.
void log_line(std::uint32_t level, std::string_view line) noexcept;

/// The same, formatted: log(CMW_LEVEL_INFO, "stopped {} of {}", a, b).
template <class... Arguments>
void log(std::uint32_t level, fmt::format_string<Arguments...> format,
         Arguments&&... arguments) noexcept {
    if (!is_logged(level)) return;
    try {
        log_line(level, fmt::format(format, std::forward<Arguments>(arguments)...));
    } catch (const std::exception&) { // Out of memory.
        log_line(level, "cannot format a line of the log");
    }
}

/// Lines that could not be written since the program began.
std::uint64_t own_log_dropped() noexcept;

} // namespace cmw::logs
