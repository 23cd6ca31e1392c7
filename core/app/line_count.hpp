// SPDX-License-Identifier: Apache-2.0
//
// app/line_count.hpp - the -n N of history and logs.
#pragma once

#include "app/command_line.hpp"

#include <charconv>

namespace cmw::app {

/// N of -n, or `fallback` if it is not given.
inline base::Result<std::size_t> line_count(const Arguments& arguments, std::size_t fallback) {
    if (!arguments.has("lines")) return fallback;
    const auto text = arguments.value("lines");
    std::size_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || end != text.data() + text.size())
        return base::fail("", "cannot read '" + text + "' as a number of lines", "give 0 or more");
    return count;
}

} // namespace cmw::app
