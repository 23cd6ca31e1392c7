// SPDX-License-Identifier: Apache-2.0
//
// logs/finished.hpp - the files of a log that a reader is done with. What it has still to read is
// told by this and not by any clock, which may jump, nor by names, which count in either direction
// (docs/decisions/0012). Pure.
#pragma once

#include "logs/fingerprint.hpp"
#include "logs/generations.hpp"

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cmw::logs {

struct FinishedFile {
    /// For `read`: whatever is or comes to be in it.
    static constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();

    std::uint64_t identity = 0; ///< As Generation::identity().
    Fingerprint first;          ///< Of what was read of it: it may be rewritten.
    std::uint64_t read = 0;     ///< Up to this offset. What is written behind it later is unread.
    bool operator==(const FinishedFile&) const = default;
};

class Finished {
  public:
    static constexpr std::size_t most = 4096; ///< Of more the oldest entries go.

    const std::vector<FinishedFile>& files() const { return files_; } ///< As they were added.
    /// Null: it is not finished.
    const FinishedFile* find(const Generation& generation) const;

    /// In the place of what was known of that file.
    void add(const FinishedFile& file);
    void remove(std::uint64_t identity);
    /// Those that are not there any more are forgotten.
    void keep_only(std::span<const Generation> generations);

    /// When it was saved there was no room for the oldest ones.
    bool is_cut() const { return cut_; }
    void set_cut(bool cut) { cut_ = cut; }
    bool operator==(const Finished&) const = default;

  private:
    std::vector<FinishedFile> files_;
    bool cut_ = false;
};

/// From where a generation is to be read; nothing: it is finished. What its first bytes are counts
/// where `needs_first_bytes`: else they may be empty.
std::optional<std::uint64_t> unread_from(const Finished& finished, const Generation& generation,
                                         std::string_view first_bytes);
bool needs_first_bytes(const Finished& finished, const Generation& generation);

/// Of all generations but the file `open`, as far as it can be told without looking into them.
std::uint64_t unread_bytes(const Finished& finished, std::span<const Generation> generations,
                           const FileId& open);

/// The next file to be read of those that are unread, oldest first. Where the numbers in their names
/// are all on one side of those of the files that are `done`, they tell the order; else, as in
/// sort_generations(), the time of the last writing. It is a guess: whatever it says, all are read.
void sort_unread(std::vector<Generation>& unread, std::span<const Generation> done);

/// One line with a checksum, of at most `most_bytes`; older entries are left out for that.
std::string encode_finished(const Finished& finished, std::uint64_t turn, std::size_t most_bytes);
struct NumberedFinished {
    Finished finished;
    std::uint64_t turn = 0;
};
std::optional<NumberedFinished> decode_finished(std::string_view line);

} // namespace cmw::logs
