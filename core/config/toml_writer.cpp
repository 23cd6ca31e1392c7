// SPDX-License-Identifier: Apache-2.0
#include "config/toml_writer.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace cmw::config {

namespace {

std::string key_text(std::string_view key) {
    const bool bare = !key.empty() && std::ranges::all_of(key, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
    return bare ? std::string(key) : to_toml(key);
}

/// As "2.0", not "2", which would be an integer.
std::string number_text(double number) {
    auto text = fmt::format("{}", number);
    if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
    return text;
}

bool has_header(const Entry& entry) {
    return entry.value.kind == Node::Kind::table && !entry.value.is_inline;
}

void write_table(const Node& table, const std::string& path, std::string& text) {
    const bool only_tables =
        !table.entries.empty() && std::ranges::all_of(table.entries, has_header);
    if (!path.empty() && !only_tables) text += fmt::format("\n[{}]\n", path);
    for (const auto& entry : table.entries) {
        if (!has_header(entry))
            text += fmt::format("{} = {}\n", key_text(entry.key), to_toml(entry.value));
    }
    for (const auto& entry : table.entries) {
        if (!has_header(entry)) continue;
        const auto dot = path.empty() ? "" : ".";
        write_table(entry.value, path + dot + key_text(entry.key), text);
    }
}

} // namespace

std::string to_toml(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            quoted += '\\';
            quoted += c;
        } else if (c == '\n') {
            quoted += "\\n";
        } else if (c == '\t') {
            quoted += "\\t";
        } else if (byte < 0x20 || byte == 0x7f) {
            quoted += fmt::format("\\u{:04X}", byte);
        } else {
            quoted += c;
        }
    }
    return quoted + '"';
}

std::string to_toml(const Node& node) {
    std::string text;
    switch (node.kind) {
    case Node::Kind::table:
        for (const auto& entry : node.entries) {
            text += fmt::format("{} {} = {}", text.empty() ? "" : ",", key_text(entry.key),
                                to_toml(entry.value));
        }
        return text.empty() ? "{}" : "{" + text + " }";
    case Node::Kind::list:
        for (const auto& item : node.items) text += (text.empty() ? "" : ", ") + to_toml(item);
        return "[" + text + "]";
    case Node::Kind::string:
        return to_toml(std::string_view(node.text));
    case Node::Kind::integer:
        return std::to_string(node.integer);
    case Node::Kind::number:
        return number_text(node.number);
    case Node::Kind::boolean:
        return node.integer != 0 ? "true" : "false";
    case Node::Kind::date:
        break;
    }
    return node.text;
}

std::string write_document(const Node& root) {
    std::string text;
    write_table(root, "", text);
    if (text.starts_with('\n')) text.erase(0, 1);
    return text;
}

} // namespace cmw::config
