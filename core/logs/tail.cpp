// SPDX-License-Identifier: Apache-2.0
#include "logs/tail.hpp"

#include <algorithm>
#include <cstring>

namespace cmw::logs {

namespace {

/// Of one read: what is read is still near when it is looked at, and little of it is left over when
/// a batch is cut.
constexpr std::size_t most_read = 128 * 1024;

/// Of refused records that are passed over at once.
constexpr std::uint64_t most_passed_over = std::uint64_t{8} * 1024 * 1024;

} // namespace

Tail::Tail(Settings settings, const RecordRules& rules, const cmw_log_limits& limits)
    : settings_(std::move(settings)),
      rules_(rules),
      time_format_(rules.time),
      batcher_(limits, settings_.seed),
      assembler_(rules, batcher_.record_bytes()),
      reader_(settings_.path, std::nullopt, std::nullopt, settings_.log),
      // A record that is as long as it may be can be told to be that.
      capacity_(std::max({batcher_.bytes(), batcher_.record_bytes() + 4, std::size_t{4096}})) {}

base::Result<> Tail::fill(const Now& now, Watches& watches, std::size_t number) {
    if (!cursor_) {
        auto cursor = CursorFile::open(settings_.cursor_path);
        if (!cursor) return base::fail(cursor.error());
        reader_ = FileReader(settings_.path, cursor->cursor(), cursor->finished(), settings_.log);
        cursor_ = std::move(*cursor);
    }
    passed_enough_ = false;
    const auto begin = read_bytes();
    while (!closed_) {
        if (!has_records() && read_bytes() > begin + most_passed_over) {
            passed_enough_ = true;
            break;
        }
        assemble(now, over_ ? Following::nothing : Following::more);
        if (closed_) break;
        if (over_ && !has_records()) {
            if (!window_.empty()) break; // What is on its way is of this file.
            if (const auto advanced = next_file(); !advanced) return advanced;
            continue;
        }
        if (over_ || !make_room()) {
            closed_ = true;
            break;
        }
        const auto more = read_more(now, watches, number);
        if (!more) return base::fail(more.error());
        if (!*more) break;
    }
    pass_over();
    return {};
}

/// What stands before the first record that is to go needs no confirmation.
void Tail::pass_over() {
    if (!opened_ || has_records() || !window_.empty() || behind() == confirmed_) return;
    confirmed_ = behind();
    save();
}

/// Of the last bytes that were read some may have been freed, just before or just then. What was read
/// before them of the same record goes with them: half of it would pass for a whole one.
bool Tail::drop_what_was_freed(std::size_t& size) {
    if (!settings_.disk || !reader_.file()) return false;
    const auto at = reader_.offset() - size;
    const auto dropped = settings_.disk->dropped();
    if (!(dropped.id == reader_.id()) || dropped.first != reader_.first()) return false;
    if (at >= dropped.to || at + size <= dropped.from) return false;
    if (at < dropped.from) {
        size = static_cast<std::size_t>(dropped.from - at);
        reader_.go_back(dropped.from);
        return false;
    }
    reader_.pass_over(origin_ + parsed_, dropped.to);
    size_ = parsed_;
    assembler_.restart();
    quiet_since_.reset();
    return true;
}

/// False: nothing more is there at present.
base::Result<bool> Tail::read_more(const Now& now, Watches& watches, std::size_t number) {
    while (true) {
        auto got =
            reader_.read({open_->buffer.get() + size_, std::min(capacity_ - size_, most_read)});
        if (!got) return base::fail(got.error());
        if (!opened_ && reader_.file()) {
            opened_ = true;
            origin_ = confirmed_ = reader_.offset() - got->size;
        }
        if (drop_what_was_freed(got->size)) {
            over_ = true;
            return true;
        }
        if (got->state == FileReader::State::over) over_ = true;
        size_ += got->size;
        if (got->size > 0 && rules_.event.kind() != EventRule::Kind::line)
            quiet_since_ = now.monotonic;
        if (got->state != FileReader::State::nothing) return true;

        const auto news = watches.follow(number, reader_);
        if (!news) return base::fail(news.error());
        if (!*news) break;
    }
    if (quiet_since_ && (now.stopping || now.monotonic >= *quiet_since_ + silence)) {
        assemble(now, Following::silence);
        quiet_since_.reset();
    }
    if (parsed_ == size_) quiet_since_.reset();
    if (parsed_ == size_ && !has_records()) { // Idle logs hold no memory.
        open_.reset();
        size_ = parsed_ = 0;
        origin_ = reader_.offset();
    }
    return false;
}

void Tail::assemble(const Now& now, Following following) {
    if (held_) {
        if (!add(*held_, now)) return;
        held_.reset();
    }
    while (open_ && !batcher_.full()) {
        const std::string_view bytes(open_->buffer.get() + parsed_, size_ - parsed_);
        const auto record = assembler_.next(bytes, following);
        if (!record) return;
        const bool hole = record->text.empty() && bytes.front() == '\0';
        const bool admitted =
            hole || settings_.admission.admits(record->level, record->continued, now.monotonic);
        if (hole || !admitted) {
            parsed_ += record->size;
            dropped_ += admitted ? 0 : 1;
            continue;
        }
        auto read = make_record(*record, now);
        parsed_ += record->size;
        if (!add(read, now)) {
            held_ = std::move(read);
            return;
        }
    }
    if (open_) closed_ = true;
}

Tail::Read Tail::make_record(const Assembler::Record& record, const Now& now) {
    auto time = now.unix;
    if (time_format_) {
        // What was cut is of one time.
        time = record.continued ? last_time_
                                : time_format_->find(record.text, now.unix).value_or(now.unix);
        last_time_ = time;
    }
    Read read{{time.time_since_epoch().count(),
               reader_.before() + origin_ + parsed_,
               {open_->stream.data(), open_->stream.size()},
               {record.text.data(), record.text.size()},
               record.level,
               0},
              nullptr};
    auto changed = rules_.text.rewrite(record.text, record.continued, record.continues,
                                       batcher_.record_bytes());
    if (changed) {
        read.changed = std::make_unique<const std::string>(std::move(*changed));
        read.record.text = {read.changed->data(), read.changed->size()};
    }
    return read;
}

/// False: it is for the next batch.
bool Tail::add(Read& read, const Now& now) {
    const auto size = read.record.text.size;
    if (!batcher_.fits(size)) {
        closed_ = true;
        return false;
    }
    if (open_->records.empty()) open_->oldest = now.monotonic;
    batcher_.add(size, now.monotonic);
    open_->records.push_back(read.record);
    if (read.changed) open_->changed.push_back(std::move(read.changed));
    return true;
}

std::shared_ptr<Batch> Tail::make_batch() const {
    return settings_.memory->make(settings_.stream, capacity_);
}

/// False: the buffer is full of the batch.
bool Tail::make_room() {
    if (!open_) open_ = make_batch();
    if (size_ < capacity_) return true;
    if (has_records() || parsed_ == 0) return false;
    std::memmove(open_->buffer.get(), open_->buffer.get() + parsed_, size_ - parsed_);
    origin_ += parsed_;
    size_ -= std::exchange(parsed_, 0);
    return true;
}

/// What was read beyond it, a record that it had no room for included, moves on to the next one.
void Tail::cut() {
    const auto batch = std::exchange(open_, nullptr);
    const auto from = static_cast<std::size_t>(behind() - origin_);
    batch->end = reader_.before() + behind();
    if (from < size_) {
        open_ = make_batch();
        std::memcpy(open_->buffer.get(), batch->buffer.get() + from, size_ - from);
    }
    if (held_) {
        held_->record.stream = {open_->stream.data(), open_->stream.size()};
        auto& text = held_->record.text.data;
        if (!held_->changed) text = open_->buffer.get() + (text - (batch->buffer.get() + from));
    }
    origin_ += from;
    size_ -= from;
    parsed_ -= from;
    batcher_.clear();
    closed_ = false;
    window_.add(batch);
}

base::Result<> Tail::next_file() {
    const auto advanced = reader_.advance();
    if (!advanced) return advanced;
    size_ = parsed_ = 0;
    origin_ = confirmed_ = reader_.offset();
    assembler_.restart();
    over_ = false;
    save();
    return {};
}

base::Monotonic Tail::due() const {
    return has_records() ? batcher_.due() : base::Monotonic::max();
}

base::Monotonic Tail::wake_at() const {
    if (blocked()) return base::Monotonic::max();
    return quiet_since_ ? std::min(due(), *quiet_since_ + silence) : due();
}

std::optional<base::Monotonic> Tail::oldest() const {
    if (!window_.empty()) return window_.oldest().oldest;
    if (has_records()) return open_->oldest;
    return std::nullopt;
}

Window::Moved Tail::written(const Batch& batch, std::size_t count, std::size_t rejected) {
    const auto moved = window_.written(batch, count, rejected);
    if (!moved.to) return moved;
    const bool all = window_.empty() && !has_records();
    confirmed_ = all ? behind() : *moved.to - reader_.before();
    save();
    return moved;
}

void Tail::save() {
    if (!cursor_ || !reader_.file()) return;
    base::Result<> saved;
    if (saved_finished_ != reader_.finished()) {
        saved = cursor_->save(*reader_.finished());
        if (saved) saved_finished_ = reader_.finished();
    }
    // The list goes first: what the cursor has left behind must be in it.
    if (saved) saved = cursor_->save(reader_.cursor_at(confirmed_));
    if (!saved && !save_failed_) settings_.log(CMW_LEVEL_ERROR, base::to_string(saved.error()));
    save_failed_ = !saved;
}

void Tail::sync() {
    if (!cursor_) return;
    const auto synced = cursor_->sync();
    if (!synced) settings_.log(CMW_LEVEL_ERROR, base::to_string(synced.error()));
}

} // namespace cmw::logs
