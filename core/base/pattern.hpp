// SPDX-License-Identifier: Apache-2.0
//
// base/pattern.hpp - regular expressions for text that others wrote: RE2, whose time is linear in
// the text and whose memory is bounded, whatever pattern and text are. No look-around and no back
// references. Text is bytes: '.' is any byte but a line feed, also where the text is no UTF-8.
#pragma once

#include "base/problem.hpp"

#include <memory>
#include <optional>
#include <string_view>

namespace re2 {
class RE2;
}

namespace cmw::base {

/// Any number of threads may use one at once.
class Pattern {
  public:
    /// The problem says what is wrong with the expression.
    static Result<Pattern> compile(const std::string& text);

    /// Whether `text` begins with what it describes.
    bool begins(std::string_view text) const;

    struct Match {
        std::size_t begin = 0, end = 0;             ///< All of it ...
        std::size_t group_begin = 0, group_end = 0; ///< ... and its first group, or again all.
    };
    /// The first one at `from` or behind it.
    std::optional<Match> search(std::string_view text, std::size_t from = 0) const;

  private:
    std::shared_ptr<const re2::RE2> compiled_;
};

} // namespace cmw::base
