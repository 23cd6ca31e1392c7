// SPDX-License-Identifier: Apache-2.0
//
// legacy/written.hpp - TOML that is written for people: aligned, each setting with where it comes
// from, and what each line came from for messages about it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cmw::legacy {

class Written {
  public:
    /// "# TEXT"
    void comment(std::string_view text);
    /// An empty line, and "[NAME]".
    void table(std::string_view name);
    /// An empty line.
    void table_end();
    /// `value` is TOML; `from` what it comes from ("--log-path"), `note` what else is to be said.
    void key(std::string_view name, std::string value, std::string from = {},
             std::string note = {});
    /// The same, as a comment: "#name = value".
    void suggested_key(std::string_view name, std::string value, std::string from = {},
                       std::string note = {});

    /// All of it. Nothing may be added after this.
    std::string text();
    /// What the settings of each line come from, and those of a table for its heading, by number
    /// from 1, once text() was made.
    const std::map<std::uint32_t, std::string>& origins() const { return origins_; }

  private:
    struct Key {
        std::string name;
        std::string value;
        std::string from;
        std::string note;
    };
    void line(const std::string& content);
    void flush();

    std::string text_;
    std::uint32_t lines_ = 0;
    std::uint32_t heading_ = 0; ///< The line of the table that is being written.
    std::vector<Key> keys_;     ///< Of the table that is being written.
    std::map<std::uint32_t, std::string> origins_;
};

} // namespace cmw::legacy
