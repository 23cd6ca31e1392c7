// SPDX-License-Identifier: Apache-2.0
//
// shared/template.hpp - settings with "{name}" in them.
#pragma once

#include <cmw/error.hpp>

#include <map>
#include <string>

namespace cmw::shared {

/// Replaces each "{name}" by its value. Throws CMW_CONFIG for a name that is not in `values`, or a
/// brace that is not closed. What values hold is not expanded again.
inline std::string expand(std::string_view pattern,
                          const std::map<std::string, std::string, std::less<>>& values) {
    std::string text;
    while (true) {
        const auto open = pattern.find('{');
        text += pattern.substr(0, open);
        if (open == pattern.npos) return text;
        const auto close = pattern.find('}', open);
        if (close == pattern.npos)
            throw Error(CMW_CONFIG, "cannot use \"" + text + "{...\": a brace is not closed");
        const auto name = pattern.substr(open + 1, close - open - 1);
        const auto value = values.find(name);
        if (value == values.end()) {
            std::string known;
            for (const auto& [one, _] : values) known += (known.empty() ? "{" : ", {") + one + "}";
            throw Error(CMW_CONFIG, "cannot use {" + std::string(name) + "}: there are " + known);
        }
        text += value->second;
        pattern.remove_prefix(close + 1);
    }
}

} // namespace cmw::shared
