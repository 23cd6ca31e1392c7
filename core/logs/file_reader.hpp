// SPDX-License-Identifier: Apache-2.0
//
// logs/file_reader.hpp - the bytes of a log, over rotations: by what a file is, not by its name.
//
// - What there is to read, no clock and no name tells: it is every generation that is not noted as
//   finished (finished.hpp), and what was written to one behind the place that was read up to.
// - Renamed: read through the open descriptor to its end. It is over when another generation has
//   unread bytes, because then its writer has moved on; several generations may lie between.
// - Truncated or rewritten in place (shorter than what was read, or other first bytes): read on in
//   the generation that it was copied to before (copytruncate), if there is one with the same bytes
//   before that place; else over, and then read from its start.
// - Deleted: read on through the descriptor until a later generation holds bytes.
// - Freed in part (disk_bound.hpp), or sparse for another reason: a hole is jumped over.
// - Not there: nothing, until it is.
// - At the start: the file that the cursor means is looked for among the generations, by inode and
//   first bytes, or a copy of it if it was truncated. If there is none, it goes on with the oldest that
//   is unread, and the log says so.
// Belongs to one thread; does not wait.
#pragma once

#include "base/system.hpp"
#include "logs/cursor.hpp"
#include "logs/finished.hpp"
#include "logs/generations.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace cmw::logs {

/// So many bytes of the file, or fewer at its end.
base::sys::Outcome<std::string> read_bytes(int fd, std::uint64_t offset, std::size_t size);

/// What is at the path is no file that can be followed.
base::Problem not_a_file(const std::string& path);

/// The generations of a log that are there and are not the log itself, as finished: a stream that was
/// never seen begins with the log.
base::Result<Finished> older_generations(const std::string& path);

class FileReader {
  public:
    using Log = std::function<void(std::uint32_t level, const std::string& line)>;

    /// Opens nothing yet. `start`: nothing for a stream never seen: from the live file's start.
    /// `finished`: nothing if it was not noted with the cursor; then times of modification tell.
    FileReader(std::string path, std::optional<Cursor> start, std::optional<Finished> finished,
               Log log);

    enum class State {
        bytes,   ///< Some were read.
        nothing, ///< None at present.
        over,    ///< No more will come of this file: call advance().
    };
    struct Outcome {
        State state = State::nothing;
        std::size_t size = 0;
    };
    /// The next bytes of the file.
    base::Result<Outcome> read(std::span<char> buffer);

    /// After `over`: goes on with the next file, or with the same one from its start.
    base::Result<> advance();

    /// What was read last counts only up to `offset`.
    void go_back(std::uint64_t offset);
    /// The file is `over`, and goes on at `to`; what is between counts as freed.
    void pass_over(std::uint64_t from, std::uint64_t to);

    /// The cursor for when the file is confirmed up to `offset`, which has been read.
    Cursor cursor_at(std::uint64_t offset) const;

    /// All but the open file that are not to be read (again). Another object when it has changed.
    const std::shared_ptr<const Finished>& finished() const { return finished_; }

    std::uint64_t offset() const { return offset_; } ///< In the file, of what is read next.
    std::uint64_t before() const { return before_; } ///< Bytes of the stream in earlier files.

    Fingerprint first() const { return Fingerprint::of(first_bytes_); } ///< Of the open file.

    /// Bytes that were freed before they were read, since this was last asked.
    std::uint64_t take_freed() { return std::exchange(freed_, 0); }

    /// The open file; null if there is none.
    const std::shared_ptr<const base::UniqueFd>& file() const { return file_; }
    const FileId& id() const { return id_; } ///< Of the open file.
    /// What stood at the path when the file's end was last seen; nothing if nothing did.
    const std::optional<FileId>& id_at_path() const { return id_at_path_; }
    const std::string& path() const { return path_; }

  private:
    base::Result<bool> open_first();
    enum class Found {
        yes,
        no,
        moved, ///< It has another name by now: look again.
    };
    base::Result<Found> resume(const std::vector<Generation>& generations);
    base::Result<Found> resume_at(const Generation& one);
    base::Result<bool> go_on_in_copy();
    Found find_copy(const std::vector<Generation>& generations);
    base::Result<bool> open(const std::string& name, const FileId* expected);
    base::Result<Outcome> read_once(std::span<char> buffer);
    void count_freed(std::string_view bytes);
    base::Result<bool> first_bytes_changed();
    base::Result<bool> writer_has_moved_on();

    struct Unread {
        Generation file;
        std::uint64_t from = 0;
    };
    base::Result<std::optional<Unread>> first_unread(const FileId* except) const;
    std::optional<std::uint64_t> unread_of(const Generation& one) const;
    base::Result<bool> open(const Unread& unread);
    void pass_over_what_came();
    void pass_over_copies(const std::vector<Generation>& generations, std::string_view first_bytes,
                          std::uint64_t read);
    void pass_over(const Generation& one);
    void pass_over_older(const std::vector<Generation>& generations, const FileId& id);
    base::Result<> restart();
    void finish();
    void forget(std::uint64_t identity);
    void change_finished(const std::function<void(Finished&)>& change);

    std::string path_;
    std::string folder_;
    Log log_;
    std::optional<Cursor> start_; ///< Until a file is open.
    std::shared_ptr<const Finished> finished_;
    bool finished_is_known_; ///< It came with the cursor, whole, or was made up for since.
    std::shared_ptr<const base::UniqueFd> file_;
    FileId id_;
    std::uint64_t identity_ = 0;
    std::optional<FileId> id_at_path_;
    std::string first_bytes_;
    std::string last_bytes_; ///< Some of those right before the offset; none after a jump.
    std::uint64_t offset_ = 0;
    std::uint64_t before_ = 0;
    std::int64_t modified_ns_ = 0;
    bool truncated_ = false;
    std::optional<FileId> copied_; ///< The log that was copied and truncated before our eyes.
    std::optional<std::uint64_t> behind_hole_; ///< There it goes on, after a stretch that is over.
    std::uint64_t freed_ = 0;
    std::uint64_t freed_before_ = 0; ///< Before the last read.
    bool nuls_are_freed_ = false; ///< Those at the offset: a line ended before them, not the file's
                                  ///< start or a hole at it.
    std::optional<Unread> next_;  ///< What comes after a file that is over.
    std::int64_t folder_changed_ns_ = 0; ///< As seen when it was last looked for what came.
};

} // namespace cmw::logs
