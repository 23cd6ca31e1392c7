// SPDX-License-Identifier: Apache-2.0
//
// config/document.hpp - TOML files as one tree of values, each with its position. toml++ is seen by
// document.cpp alone. Plain data; may be read by several threads.
#pragma once

#include "config/options.hpp"

#include <string_view>

namespace cmw::config {

struct Entry;

/// One value of a file.
struct Node {
    enum class Kind { table, list, string, integer, number, boolean, date };

    Kind kind = Kind::table;
    bool is_inline = false; ///< A table in braces: a later file replaces it as a whole.
    Position position;
    std::string text;           ///< string; date as it is written
    std::int64_t integer = 0;   ///< integer; boolean: 0 or 1
    double number = 0;          ///< number
    std::vector<Node> items;    ///< list
    std::vector<Entry> entries; ///< table, in the order of the file

    const Entry* entry(std::string_view key) const;
    const Node* find(std::string_view key) const; ///< Of a table; nullptr if it has no such key.
};

struct Entry {
    std::string key;
    Position position; ///< Of the key.
    Node value;
};

/// "a string", "a table": for messages.
std::string_view name(Node::Kind kind);

/// The files, merged.
class Document {
  public:
    /// `files` in the order they were read; not empty.
    Document(Node root, std::vector<std::string> files);

    const Node& root() const { return root_; }
    const std::vector<std::string>& files() const { return files_; }

    /// Whether `a` stands before `b`: by the order of files, then lines.
    bool before(const Position& a, const Position& b) const;

    /// `path` as an absolute one: relative ones start at the folder of the file of `position`, and
    /// of the first file if that is in none (a default).
    std::string resolve(const std::string& path, const Position& position) const;

  private:
    std::size_t order(const std::string& file) const;

    Node root_;
    std::vector<std::string> files_;
};

} // namespace cmw::config
