// SPDX-License-Identifier: Apache-2.0
#include "logs/tail.hpp"

#include <algorithm>
#include <cstring>

namespace cmw::logs {

namespace {

constexpr std::size_t first_capacity = 64 * 1024;

/// Of refused records that are passed over at once.
constexpr std::uint64_t most_passed_over = std::uint64_t{8} * 1024 * 1024;

} // namespace

Tail::Tail(Settings settings, const RecordRules& rules, const cmw_log_limits& limits)
    : settings_(std::move(settings)),
      rules_(rules),
      time_format_(rules.time),
      batcher_(limits),
      assembler_(rules, batcher_.record_bytes()),
      reader_(settings_.path, std::nullopt, settings_.log) {}

base::Result<> Tail::fill(const Now& now, Watches& watches, std::size_t number) {
    if (!cursor_) {
        auto cursor = CursorFile::open(settings_.cursor_path);
        if (!cursor) return base::fail(cursor.error());
        reader_ = FileReader(settings_.path, cursor->cursor(), settings_.log);
        cursor_ = std::move(*cursor);
    }
    passed_enough_ = false;
    const auto begin = read_bytes();
    while (!blocked()) {
        if (entries_.empty() && read_bytes() > begin + most_passed_over) {
            passed_enough_ = true;
            break;
        }
        assemble(now, over_ ? Following::nothing : Following::more);
        if (blocked()) break;
        if (over_ && entries_.empty()) {
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
    if (!opened_ || !entries_.empty()) return;
    const auto reached = origin_ + (held_ ? held_->begin : parsed_);
    if (reached == confirmed_) return;
    confirmed_ = reached;
    save();
}

/// False: nothing more is there at present.
base::Result<bool> Tail::read_more(const Now& now, Watches& watches, std::size_t number) {
    while (true) {
        const auto got = reader_.read({buffer_.get() + size_, capacity_ - size_});
        if (!got) return base::fail(got.error());
        if (!opened_ && reader_.file()) {
            opened_ = true;
            origin_ = confirmed_ = reader_.offset() - got->size;
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
    if (parsed_ == size_ && entries_.empty()) { // Idle logs hold no memory.
        buffer_.reset();
        capacity_ = size_ = parsed_ = 0;
        origin_ = reader_.offset();
    }
    return false;
}

void Tail::assemble(const Now& now, Following following) {
    if (held_) {
        if (!take(*held_, now)) return;
        held_.reset();
    }
    while (!batcher_.full()) {
        const std::string_view bytes(buffer_.get() + parsed_, size_ - parsed_);
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
        auto entry = make_entry(*record, now);
        parsed_ = entry.end;
        if (!take(entry, now)) {
            held_ = std::move(entry);
            return;
        }
    }
    closed_ = true;
}

Tail::Entry Tail::make_entry(const Assembler::Record& record, const Now& now) {
    const auto text = static_cast<std::size_t>(record.text.data() - buffer_.get());
    Entry entry{parsed_,      text,     record.text.size(), parsed_ + record.size,
                record.level, now.unix, now.unix,           nullptr};
    if (time_format_) {
        // What was cut is of one time.
        entry.time = record.continued
                         ? last_time_
                         : time_format_->find(record.text, now.unix).value_or(now.unix);
        last_time_ = entry.time;
    }
    auto changed = rules_.text.rewrite(record.text, record.continued, record.continues,
                                       batcher_.record_bytes());
    if (changed) {
        entry.text_size = changed->size();
        entry.changed = std::make_unique<const std::string>(std::move(*changed));
    }
    return entry;
}

bool Tail::take(Entry& entry, const Now& now) {
    if (!batcher_.fits(entry.text_size)) {
        closed_ = true;
        return false;
    }
    batcher_.add(entry.text_size, now.monotonic);
    entries_.push_back(std::move(entry));
    return true;
}

/// False: the buffer is full of the batch.
bool Tail::make_room() {
    if (size_ < capacity_) return true;
    const auto front = entries_.empty() ? parsed_ : entries_.front().begin;
    if (front > 0 && (entries_.empty() || front >= capacity_ / 2)) {
        shift(front);
        return true;
    }
    // A record that is as long as it may be can be told to be that.
    const auto most = std::max({batcher_.bytes(), batcher_.record_bytes() + 4, std::size_t{4096}});
    if (capacity_ >= most) return false;
    const auto capacity = std::clamp(capacity_ * 2, std::min(first_capacity, most), most);
    auto grown = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(grown.get(), buffer_.get(), size_);
    buffer_ = std::move(grown);
    capacity_ = capacity;
    return true;
}

void Tail::shift(std::size_t bytes) {
    std::memmove(buffer_.get(), buffer_.get() + bytes, size_ - bytes);
    size_ -= bytes;
    parsed_ -= bytes;
    origin_ += bytes;
    for (auto& entry : entries_) {
        entry.begin -= bytes;
        entry.text -= bytes;
        entry.end -= bytes;
    }
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

bool Tail::ready(const Now& now) const {
    return !entries_.empty() && (blocked() || now.stopping || now.monotonic >= batcher_.due());
}

base::Monotonic Tail::wake_at() const {
    auto at = base::Monotonic::max();
    if (blocked()) return at;
    if (!entries_.empty()) at = batcher_.due();
    if (quiet_since_) at = std::min(at, *quiet_since_ + silence);
    return at;
}

std::optional<base::UnixTime> Tail::oldest() const {
    if (entries_.empty()) return std::nullopt;
    return entries_.front().read;
}

std::span<const cmw_log_record> Tail::batch() {
    sent_ = true;
    records_.clear();
    for (const auto& entry : entries_) {
        const auto text = entry.shown(buffer_.get());
        records_.push_back({entry.time.time_since_epoch().count(),
                            reader_.before() + origin_ + entry.begin,
                            {settings_.stream.data(), settings_.stream.size()},
                            {text.data(), text.size()},
                            entry.level,
                            0});
    }
    return records_;
}

void Tail::confirm(std::size_t count) {
    if (count == 0) return;
    confirmed_ = origin_ + entries_[count - 1].end;
    entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(count));
    if (entries_.empty()) {
        batcher_.clear();
        records_.clear();
        closed_ = sent_ = false;
        confirmed_ = origin_ + (held_ ? held_->begin : parsed_);
    }
    save();
}

void Tail::save() {
    if (!cursor_ || !reader_.file()) return;
    const auto saved = cursor_->save(reader_.cursor_at(confirmed_));
    if (!saved && !save_failed_) settings_.log(CMW_LEVEL_ERROR, base::to_string(saved.error()));
    save_failed_ = !saved;
}

void Tail::sync() {
    if (!cursor_) return;
    const auto synced = cursor_->sync();
    if (!synced) settings_.log(CMW_LEVEL_ERROR, base::to_string(synced.error()));
}

} // namespace cmw::logs
