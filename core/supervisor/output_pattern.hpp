// SPDX-License-Identifier: Apache-2.0
//
// supervisor/output_pattern.hpp - whether a program has written a line that matches a pattern since
// its start. Each look reads what is new in its files. One thread at a time.
#pragma once

#include "base/pattern.hpp"

#include <vector>

namespace cmw::supervisor {

class OutputPattern {
  public:
    struct File {
        std::string path;
        std::int64_t at = 0; ///< Where the program's output begins.
    };

    /// `pattern`: as base/pattern.hpp says, checked before. Of a long line the first 64 KiB are
    /// looked at.
    OutputPattern(std::string pattern, std::vector<File> files);

    /// Nothing once a line has matched, then always; else that none has.
    base::Result<> look();

  private:
    struct Reading {
        std::string path;
        std::int64_t at = 0;
        std::string line; ///< The beginning of one that is not whole yet.
    };
    void read_on(Reading& file);
    void take(Reading& file, std::string_view text);

    const std::string text_;
    const base::Result<base::Pattern> pattern_;
    std::vector<Reading> files_;
    bool seen_ = false;
};

/// The bytes that a file has now; 0 if there is none, or its path is "".
std::int64_t file_size(const std::string& path);

} // namespace cmw::supervisor
