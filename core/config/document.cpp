// SPDX-License-Identifier: Apache-2.0
#include "config/document.hpp"

#include "base/system.hpp"
#include "config/loader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <sstream>
#include <system_error>
#include <toml++/toml.h>
#include <tuple>

namespace cmw::config {

namespace {

namespace sys = base::sys;

/// A configuration that is larger is not one.
constexpr std::size_t file_limit = 4 << 20;

/// Deeper is no configuration; what reads on recurses as deep as tables go.
constexpr int depth_limit = 32;

Position position_of(const toml::source_region& source, const std::string& file) {
    return {file, source.begin.line, source.begin.column};
}

Node convert(const toml::node& from, const std::string& file);

std::vector<Entry> convert_entries(const toml::table& from, const std::string& file) {
    std::vector<Entry> entries;
    entries.reserve(from.size());
    for (const auto& [key, value] : from) {
        entries.push_back(
            {std::string(key.str()), position_of(key.source(), file), convert(value, file)});
    }
    std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
        return std::pair(a.position.line, a.position.column) <
               std::pair(b.position.line, b.position.column);
    });
    return entries;
}

std::string date_text(const toml::node& from) {
    std::ostringstream text;
    from.visit([&](const auto& value) {
        if constexpr (toml::is_chronological<decltype(value)>) text << value.get();
    });
    return text.str();
}

Node convert(const toml::node& from, const std::string& file) {
    Node node;
    node.position = position_of(from.source(), file);
    if (const auto* table = from.as_table()) {
        node.is_inline = table->is_inline();
        node.entries = convert_entries(*table, file);
    } else if (const auto* list = from.as_array()) {
        node.kind = Node::Kind::list;
        for (const auto& item : *list) node.items.push_back(convert(item, file));
    } else if (const auto* text = from.as_string()) {
        node.kind = Node::Kind::string;
        node.text = text->get();
    } else if (const auto* integer = from.as_integer()) {
        node.kind = Node::Kind::integer;
        node.integer = integer->get();
    } else if (const auto* number = from.as_floating_point()) {
        node.kind = Node::Kind::number;
        node.number = number->get();
    } else if (const auto* boolean = from.as_boolean()) {
        node.kind = Node::Kind::boolean;
        node.integer = boolean->get() ? 1 : 0;
    } else {
        node.kind = Node::Kind::date;
        node.text = date_text(from);
    }
    return node;
}

/// The first value that lies below `limit` others; nullptr: none.
const toml::node* too_deep(const toml::node& from, int limit) {
    if (limit == 0) return &from;
    const toml::node* found = nullptr;
    if (const auto* table = from.as_table()) {
        for (const auto& [key, value] : *table)
            if (found == nullptr) found = too_deep(value, limit - 1);
    } else if (const auto* list = from.as_array()) {
        for (const auto& item : *list)
            if (found == nullptr) found = too_deep(item, limit - 1);
    }
    return found;
}

base::Result<Node> parse(std::string_view text, const std::string& file) {
    try {
        const toml::table root = toml::parse(text);
        if (const auto* value = too_deep(root, depth_limit))
            return base::fail(position_of(value->source(), file).to_string(),
                              fmt::format("cannot use tables nested over {} deep", depth_limit),
                              "write it flatter");
        return convert(root, file);
    } catch (const toml::parse_error& error) {
        return base::fail(position_of(error.source(), file).to_string(),
                          fmt::format("cannot read this as TOML: {}", error.description()),
                          "see https://toml.io for how TOML is written");
    } catch (const std::exception& error) {
        return base::fail(file, fmt::format("cannot read this as TOML: {}", error.what()));
    }
}

/// What `later` says is added to `into`, and wins.
void merge(Node& into, Node later) {
    for (auto& entry : later.entries) {
        const auto old = std::ranges::find(into.entries, entry.key, &Entry::key);
        if (old == into.entries.end()) {
            into.entries.push_back(std::move(entry));
            continue;
        }
        const bool both_tables =
            old->value.kind == Node::Kind::table && entry.value.kind == Node::Kind::table;
        if (both_tables && !entry.value.is_inline) {
            merge(old->value, std::move(entry.value));
        } else {
            *old = std::move(entry);
        }
    }
}

bool is_layer(const std::string& file_name) {
    return file_name.ends_with(".toml") && !file_name.starts_with('.');
}

/// FILE.d/*.toml; a folder that does not exist has none.
base::Result<std::vector<std::string>> layers(const std::string& path) {
    const auto folder = path + ".d";
    auto names = sys::list(folder);
    if (!names && names.error() == ENOENT) return std::vector<std::string>{};
    if (!names) return base::fail(base::system_problem(folder, "read the folder", names.error()));
    std::vector<std::string> files;
    for (const auto& file_name : *names) {
        if (is_layer(file_name)) files.push_back(folder + "/" + file_name);
    }
    return files;
}

} // namespace

const Entry* Node::entry(std::string_view key) const {
    const auto found = std::ranges::find(entries, key, &Entry::key);
    return found == entries.end() ? nullptr : &*found;
}

const Node* Node::find(std::string_view key) const {
    const auto* found = entry(key);
    return found == nullptr ? nullptr : &found->value;
}

std::string_view name(Node::Kind kind) {
    constexpr std::string_view names[] = {"a table",  "a list",    "a string", "an integer",
                                          "a number", "a boolean", "a date"};
    return names[static_cast<std::size_t>(kind)];
}

Document::Document(Node root, std::vector<std::string> files)
    : root_(std::move(root)), files_(std::move(files)) {}

std::size_t Document::order(const std::string& file) const {
    return static_cast<std::size_t>(std::ranges::find(files_, file) - files_.begin());
}

bool Document::before(const Position& a, const Position& b) const {
    return std::tuple(order(a.file), a.line, a.column) <
           std::tuple(order(b.file), b.line, b.column);
}

std::string Document::resolve(const std::string& path, const Position& position) const {
    const auto& file = position.file.empty() ? files_.front() : position.file;
    std::error_code ignored; // Without a current folder a relative path stays one.
    const auto folder =
        std::filesystem::absolute(std::filesystem::path(file).parent_path() / ".", ignored);
    return (folder / path).lexically_normal().string();
}

std::string configuration_path(const std::string& given) {
    if (!given.empty()) return given;
    const char* from_environment = std::getenv("CMIX_WRAPPER_CONFIG");
    if (from_environment != nullptr && *from_environment != '\0') return from_environment;
    return "/etc/cmix-wrapper/wrapper.toml";
}

tl::expected<std::shared_ptr<const Document>, base::Problems>
read_document(const std::string& path) {
    base::Problems problems;
    std::vector<std::string> files{path};
    if (auto more = layers(path)) {
        files.insert(files.end(), more->begin(), more->end());
    } else {
        problems.push_back(more.error());
    }
    Node root;
    for (const auto& file : files) {
        const auto text = sys::read_file(file, file_limit);
        if (!text) {
            problems.push_back(base::system_problem(file, "read the configuration", text.error()));
            continue;
        }
        auto layer = parse(*text, file);
        if (!layer) {
            problems.push_back(layer.error());
        } else if (file == path) {
            root = std::move(*layer);
        } else {
            merge(root, std::move(*layer));
        }
    }
    if (!problems.empty()) return tl::unexpected(std::move(problems));
    return std::make_shared<const Document>(std::move(root), std::move(files));
}

tl::expected<std::shared_ptr<const Document>, base::Problems>
parse_document(std::string_view text, const std::string& name) {
    auto root = parse(text, name);
    if (!root) return tl::unexpected(base::Problems{root.error()});
    return std::make_shared<const Document>(std::move(*root), std::vector<std::string>{name});
}

} // namespace cmw::config
