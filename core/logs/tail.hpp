// SPDX-License-Identifier: Apache-2.0
//
// logs/tail.hpp - one stream on its way to one backend: reads the log, makes records, cuts batches,
// and moves the cursor past what was confirmed, in order. One batch is open at a time; it is cut when
// it is to go, and the window holds it until all of it is safe. A batch never spans two files, and
// the next file is begun when all of this one is safe. Belongs to one thread; does not wait.
#pragma once

#include "logs/admission.hpp"
#include "logs/assembler.hpp"
#include "logs/batcher.hpp"
#include "logs/disk_bound.hpp"
#include "logs/file_reader.hpp"
#include "logs/watches.hpp"
#include "logs/window.hpp"

namespace cmw::logs {

class Tail {
  public:
    /// An event of several lines is over when nothing followed for so long.
    static constexpr base::Nanoseconds silence = std::chrono::seconds(1);

    struct Settings {
        std::string stream;
        std::string path;
        std::string cursor_path;
        FileReader::Log log;
        Admission admission;
        std::uint32_t seed = 0;                  ///< Of the batcher.
        std::shared_ptr<const DiskBound> disk{}; ///< That frees the log; null: none.
        std::shared_ptr<BatchMemory> memory = std::make_shared<BatchMemory>();
    };
    Tail(Settings settings, const RecordRules& rules, const cmw_log_limits& limits);

    /// The time, as the caller has it.
    struct Now {
        base::Monotonic monotonic;
        base::UnixTime unix;
        bool stopping = false; ///< Nothing more is waited for: what is there is a batch.
    };
    /// Reads until the open batch is complete or nothing more is there; then `watches` are on what
    /// was read. A problem is one of the file; it may be gone at the next try.
    base::Result<> fill(const Now& now, Watches& watches, std::size_t number);

    /// Whether the open batch is to go now.
    bool ready(const Now& now) const {
        return has_records() && (closed_ || now.stopping || now.monotonic >= batcher_.due());
    }
    bool has_records() const { return open_ && !open_->records.empty(); } ///< In the open batch.
    /// When the open batch goes even if it is not complete; max(): it has no records.
    base::Monotonic due() const;
    /// When fill() has something to do without an event; max(): never.
    base::Monotonic wake_at() const;
    /// Whether fill() would do nothing until the open batch is cut, or what is on its way is safe.
    bool blocked() const { return closed_ || (over_ && !window_.empty()); }
    /// Whether fill() stopped after so much that was refused that others shall have a turn.
    bool passed_enough() const { return passed_enough_; }
    /// Records that the admission refused, and bytes that were freed unread, since last asked.
    std::uint64_t take_dropped() { return std::exchange(dropped_, 0); }
    std::uint64_t take_dropped_bytes() { return reader_.take_freed(); }
    /// When the batch with the oldest record that is not confirmed was begun.
    std::optional<base::Monotonic> oldest() const;

    /// Puts the open batch, which has records, into the window.
    void cut();
    const Window& window() const { return window_; }
    /// The next batch of the window to be written.
    const Window::Sent& take() { return window_.take(); }
    /// As Window::written(). A cursor that cannot be saved is logged, and means no more than that
    /// records come twice after a restart.
    Window::Moved written(const Batch& batch, std::size_t count, std::size_t rejected);
    /// Makes the cursor outlive a loss of power.
    void sync();

    const FileReader& reader() const { return reader_; }
    std::uint64_t confirmed() const { return confirmed_; } ///< Offset in the reader's file.
    std::uint64_t read_bytes() const {
        return reader_.before() + reader_.offset();
    } ///< Of the stream.

  private:
    struct Read { ///< A record that is not in a batch yet.
        cmw_log_record record;
        std::unique_ptr<const std::string> changed; ///< Its text, if not as in the buffer.
    };

    bool drop_what_was_freed(std::size_t& size);
    base::Result<bool> read_more(const Now& now, Watches& watches, std::size_t number);
    void assemble(const Now& now, Following following);
    Read make_record(const Assembler::Record& record, const Now& now);
    bool add(Read& read, const Now& now);
    bool make_room();
    std::shared_ptr<Batch> make_batch() const;
    /// Offset in the file of what comes behind the open batch.
    std::uint64_t behind() const {
        return held_ ? held_->record.sequence - reader_.before() : origin_ + parsed_;
    }
    void pass_over();
    base::Result<> next_file();
    void save();

    Settings settings_;
    const RecordRules& rules_;
    std::optional<base::TimeFormat> time_format_;
    base::UnixTime last_time_{}; ///< Of the record before.
    Batcher batcher_;
    Assembler assembler_;
    FileReader reader_;
    std::optional<CursorFile> cursor_;
    std::shared_ptr<const Finished> saved_finished_;
    const std::size_t capacity_; ///< Of a buffer.
    bool opened_ = false;        ///< The reader has a file.
    bool save_failed_ = false;   ///< The last time.
    std::uint64_t dropped_ = 0;
    bool passed_enough_ = false;

    std::shared_ptr<Batch> open_; ///< Null: no memory is needed now. Its buffer holds
    std::size_t size_ = 0;        ///< so many bytes, of them
    std::size_t parsed_ = 0;      ///< those that are in records,
    std::uint64_t origin_ = 0;    ///< from this offset in the file.
    std::uint64_t confirmed_ = 0;
    std::optional<Read> held_; ///< The first of the next batch.
    Window window_;
    bool closed_ = false; ///< The open batch takes no more records.
    bool over_ = false;   ///< The reader's file is.
    std::optional<base::Monotonic>
        quiet_since_; ///< The last bytes came then, and may be whole lines
                      ///< of a record that is not complete.
};

} // namespace cmw::logs
