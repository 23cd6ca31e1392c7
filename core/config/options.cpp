// SPDX-License-Identifier: Apache-2.0
#include "config/options.hpp"

#include <fmt/format.h>

namespace cmw::config {

std::string Position::to_string() const {
    if (line == 0) return file;
    return fmt::format("{}:{}:{}", file, line, column);
}

std::string_view name(OptionType type) {
    constexpr std::string_view names[] = {"boolean", "integer",  "number", "string", "list",
                                          "map",     "duration", "size",   "path",   "secret"};
    return names[static_cast<std::size_t>(type) - 1];
}

} // namespace cmw::config
