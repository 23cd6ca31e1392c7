// SPDX-License-Identifier: Apache-2.0
//
// supervisor/output_pattern.hpp - whether a program has written a line that matches a pattern since
// its start. Each look reads what is new in its files. One thread at a time.
#pragma once

#include "base/problem.hpp"

#include <memory>

namespace cmw::supervisor {

class OutputPattern {
  public:
    struct File {
        std::string path;
        std::int64_t at = 0; ///< Where the program's output begins.
    };

    /// `pattern`: ECMAScript, checked before. Of a long line the first 1000 bytes are looked at.
    OutputPattern(std::string pattern, std::vector<File> files);
    ~OutputPattern();

    /// Nothing once a line has matched, then always; else that none has.
    base::Result<> look();

  private:
    struct Reading;
    void read_on(Reading& file);
    void take(Reading& file, std::string_view text);

    std::string text_;
    std::vector<Reading> files_;
    struct Pattern;
    std::unique_ptr<Pattern> pattern_;
    bool seen_ = false;
};

/// The bytes that a file has now; 0 if there is none, or its path is "".
std::int64_t file_size(const std::string& path);

} // namespace cmw::supervisor
