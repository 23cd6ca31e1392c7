// SPDX-License-Identifier: Apache-2.0
//
// file/generations.hpp - the older generations of a log file: PATH.1 is the youngest. Each is plain,
// or compressed and then ends with .gz or .zst.
//
// A kill at any instant leaves each generation's records in one file at least: a generation that is
// there in both forms is whole in each, and one that is being compressed has another name.
#pragma once

#include "compression.hpp"
#include "shared/unique_fd.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace cmw::file {

struct Generations {
    std::string path;
    std::int64_t keep = 0;

    /// PATH becomes PATH.1, and so on; the oldest goes. Throws std::system_error.
    void shift() const;

    struct Plain {
        shared::UniqueFd fd; ///< To read.
        std::string path;
    };
    /// The oldest that is not compressed yet; removes one that is there in both forms.
    std::optional<Plain> next_plain(Compression how) const;

    /// Puts the compressed file `made` where the plain one behind `fd` is by now, which goes; `made`
    /// goes if that one is no longer kept. Throws std::system_error.
    void replace_plain(int fd, const std::string& made, Compression how) const;

    /// Where a file is while it is being compressed.
    std::string made_at() const { return path + ".compressing"; }

  private:
    std::string name(std::int64_t number) const { return path + "." + std::to_string(number); }
};

} // namespace cmw::file
