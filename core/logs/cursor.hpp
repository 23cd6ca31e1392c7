// SPDX-License-Identifier: Apache-2.0
//
// logs/cursor.hpp - how far one backend has confirmed one stream, kept over restarts.
//
// A cursor file holds two slots of one line each, written in turn: a write that is cut off leaves
// the other slot, and the checksum tells which. There is no fsync in the hot path: what a process
// wrote survives its being killed, and after a loss of power an older slot only means that records
// come twice. (Replacing the file instead would cost a rename and, to be of use, two syncs.)
// Behind them are two more for the list of files that are finished, written when it changes. It goes
// first: what the cursor has left behind is in the list.
#pragma once

#include "base/problem.hpp"
#include "base/unique_fd.hpp"
#include "logs/finished.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cmw::logs {

struct Cursor {
    std::uint64_t inode = 0;
    Fingerprint fingerprint;  ///< Of what is confirmed of the file, so it never changes under us.
    std::uint64_t offset = 0; ///< In the file: the first byte that is not confirmed.
    std::uint64_t before = 0; ///< Bytes of the stream in the files before this one: with the offset
                              ///< it makes a record's sequence, the same each time it is sent.
    /// The file's time of modification as last seen, since the epoch. It counts only where there is
    /// no list of what is finished, or one that is not whole.
    std::int64_t modified_ns = 0;

    bool operator==(const Cursor&) const = default;
};

/// One line with a checksum. `turn` counts the writes.
std::string encode_cursor(const Cursor& cursor, std::uint64_t turn);
struct NumberedCursor {
    Cursor cursor;
    std::uint64_t turn = 0;
};
std::optional<NumberedCursor> decode_cursor(std::string_view line);
/// The newer one of the slots of a whole file.
std::optional<NumberedCursor> decode_cursor_file(std::string_view content);
/// The newer one of its lists.
std::optional<NumberedFinished> decode_finished_file(std::string_view content);

/// Belongs to one thread.
class CursorFile {
  public:
    static constexpr std::size_t slot_size = 256;
    static constexpr std::size_t list_size = 12 * 1024; ///< Of a list at most: of 250 files.
    static constexpr std::size_t lists_at = 4096;       ///< Where they begin.

    /// Makes the file if there is none. Folders above it must exist.
    static base::Result<CursorFile> open(const std::string& path);

    /// As read when opened, or last saved; nothing if the stream was never seen.
    const std::optional<Cursor>& cursor() const { return cursor_; }
    base::Result<> save(const Cursor& cursor);
    /// As read when opened, or last saved; nothing if what wrote the file knew of none.
    const std::optional<Finished>& finished() const { return finished_; }
    base::Result<> save(const Finished& finished);
    base::Result<> sync();

  private:
    std::string path_;
    base::UniqueFd file_;
    std::uint64_t turn_ = 0;
    std::uint64_t list_turn_ = 0;
    std::optional<Cursor> cursor_;
    std::optional<Finished> finished_;
};

} // namespace cmw::logs
