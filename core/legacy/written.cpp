// SPDX-License-Identifier: Apache-2.0
#include "legacy/written.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace cmw::legacy {

void Written::line(const std::string& content) {
    text_ += content;
    // Values are escaped; what a remark quotes must not end it.
    std::replace_if(
        text_.end() - static_cast<std::ptrdiff_t>(content.size()), text_.end(),
        [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    text_ += '\n';
    ++lines_;
}

void Written::comment(std::string_view text) {
    flush();
    line(fmt::format("# {}", text));
}

void Written::table_end() {
    flush();
    if (lines_ != 0) line("");
}

void Written::table(std::string_view name) {
    table_end();
    line(fmt::format("[{}]", name));
    heading_ = lines_;
}

void Written::key(std::string_view name, std::string value, std::string from, std::string note) {
    keys_.push_back({std::string(name), std::move(value), std::move(from), std::move(note)});
}

void Written::suggested_key(std::string_view name, std::string value, std::string from,
                            std::string note) {
    key("#" + std::string(name), std::move(value), std::move(from), std::move(note));
}

void Written::flush() {
    std::size_t width = 0;
    std::size_t value_width = 0;
    for (const auto& key : keys_) {
        width = std::max(width, key.name.size());
        if (key.value.size() <= 44) value_width = std::max(value_width, key.value.size());
    }
    for (const auto& key : keys_) {
        if (!key.from.empty()) {
            origins_[lines_ + 1] = key.from;
            auto& of_table = origins_[heading_];
            of_table += (of_table.empty() ? "" : ", ") + key.from;
        }
        const auto both = key.from.empty() || key.note.empty() ? "" : ": ";
        const auto remark = fmt::format("{}{}{}", key.from, both, key.note);
        const auto pad = remark.empty() ? std::string::size_type{0} : value_width;
        const auto setting = fmt::format("{:<{}} = {:<{}}", key.name, width, key.value, pad);
        line(remark.empty() ? setting : fmt::format("{}  # {}", setting, remark));
    }
    keys_.clear();
}

std::string Written::text() {
    flush();
    return text_;
}

} // namespace cmw::legacy
