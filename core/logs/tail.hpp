// SPDX-License-Identifier: Apache-2.0
//
// logs/tail.hpp - one stream on its way to one backend: reads the log, makes records, cuts the next
// batch, and moves the cursor past what was confirmed. One batch is in memory at a time, made of
// stretches of one buffer; a batch never spans two files. Belongs to one thread; does not wait.
#pragma once

#include "logs/admission.hpp"
#include "logs/assembler.hpp"
#include "logs/batcher.hpp"
#include "logs/file_reader.hpp"
#include "logs/watches.hpp"

#include <cmw/abi/log_backend.h>

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
    };
    Tail(Settings settings, const RecordRules& rules, const cmw_log_limits& limits);

    /// The time, as the caller has it.
    struct Now {
        base::Monotonic monotonic;
        base::UnixTime unix;
        bool stopping = false; ///< Nothing more is waited for: what is there is a batch.
    };
    /// Reads until the batch is complete or nothing more is there; then `watches` are on what was
    /// read. A problem is one of the file; it may be gone at the next try.
    base::Result<> fill(const Now& now, Watches& watches, std::size_t number);

    /// Whether there is a batch that is to go now.
    bool ready(const Now& now) const;
    /// When it is to be looked at again without an event; max(): never.
    base::Monotonic wake_at() const;
    /// Whether fill() would do nothing until the batch is confirmed.
    bool blocked() const { return sent_ || closed_; }
    /// Whether fill() stopped after so much that was refused that others shall have a turn.
    bool passed_enough() const { return passed_enough_; }
    /// Records that the admission refused, and bytes that were freed unread, since last asked.
    std::uint64_t take_dropped() { return std::exchange(dropped_, 0); }
    std::uint64_t take_dropped_bytes() { return reader_.take_freed(); }
    /// When the oldest record that is not confirmed was read.
    std::optional<base::UnixTime> oldest() const;

    /// The batch, which from now on stays as it is until all of it is confirmed.
    std::span<const cmw_log_record> batch();
    /// Its first `count` records are safe. A cursor that cannot be saved is logged, and means no
    /// more than that records come twice after a restart.
    void confirm(std::size_t count);
    /// Makes the cursor outlive a loss of power.
    void sync();

    const FileReader& reader() const { return reader_; }
    std::uint64_t confirmed() const { return confirmed_; } ///< Offset in the reader's file.
    std::uint64_t read_bytes() const {
        return reader_.before() + reader_.offset();
    } ///< Of the stream.

  private:
    struct Entry { ///< A record, by its place in the buffer.
        std::size_t begin, text, text_size, end;
        std::uint32_t level;
        base::UnixTime read;
        base::UnixTime time;                        ///< Its own, or when it was read.
        std::unique_ptr<const std::string> changed; ///< Its text, if not as in the buffer.
        std::string_view shown(const char* buffer) const {
            return changed ? std::string_view(*changed)
                           : std::string_view(buffer + text, text_size);
        }
    };

    base::Result<bool> read_more(const Now& now, Watches& watches, std::size_t number);
    void assemble(const Now& now, Following following);
    Entry make_entry(const Assembler::Record& record, const Now& now);
    bool take(Entry& entry, const Now& now);
    bool make_room();
    void shift(std::size_t bytes);
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
    bool opened_ = false;      ///< The reader has a file.
    bool save_failed_ = false; ///< The last time.
    std::uint64_t dropped_ = 0;
    bool passed_enough_ = false;

    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_ = 0;
    std::size_t size_ = 0;     ///< Bytes in the buffer.
    std::size_t parsed_ = 0;   ///< Of them those that are in records.
    std::uint64_t origin_ = 0; ///< Offset in the file of the buffer's start.
    std::uint64_t confirmed_ = 0;
    std::vector<Entry> entries_;          ///< The batch ...
    std::vector<cmw_log_record> records_; ///< ... and as it is given out.
    std::optional<Entry> held_;           ///< The first of the next batch.
    bool closed_ = false;                 ///< The batch takes no more records.
    bool sent_ = false;                   ///< It has been given out.
    bool over_ = false;                   ///< The reader's file is.
    std::optional<base::Monotonic>
        quiet_since_; ///< The last bytes came then, and may be whole lines
                      ///< of a record that is not complete.
};

} // namespace cmw::logs
