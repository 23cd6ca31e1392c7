// SPDX-License-Identifier: Apache-2.0
#include "logs/cursor.hpp"

#include "base/system.hpp"
#include "logs/take_number.hpp"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>

namespace cmw::logs {

namespace {

constexpr std::string_view heading = "cmw-cursor-1";

} // namespace

std::uint64_t checksum(std::string_view bytes) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char byte : bytes) {
        hash ^= static_cast<unsigned char>(byte);
        hash *= 0x100000001b3;
    }
    return hash;
}

Fingerprint Fingerprint::of(std::string_view first_bytes) {
    const auto bytes = first_bytes.substr(0, most);
    return {bytes.size(), checksum(bytes)};
}

std::string encode_cursor(const Cursor& cursor, std::uint64_t turn) {
    auto line =
        fmt::format("{} turn={} inode={} first={} hash={:x} offset={} before={} modified={}",
                    heading, turn, cursor.inode, cursor.fingerprint.size, cursor.fingerprint.hash,
                    cursor.offset, cursor.before, cursor.modified_ns);
    line += fmt::format(" sum={:x}", checksum(line));
    line.resize(CursorFile::slot_size - 1, ' ');
    return line + '\n';
}

std::optional<NumberedCursor> decode_cursor(std::string_view line) {
    const auto summed = take_summed(line);
    if (!summed || !summed->starts_with(heading)) return std::nullopt;
    auto rest = *summed;
    rest.remove_prefix(std::min(heading.size() + 1, rest.size()));
    NumberedCursor found;
    auto& cursor = found.cursor;
    const bool good =
        take_number(rest, "turn", found.turn) && take_number(rest, "inode", cursor.inode) &&
        take_number(rest, "first", cursor.fingerprint.size) &&
        take_number(rest, "hash", cursor.fingerprint.hash, 16) &&
        take_number(rest, "offset", cursor.offset) && take_number(rest, "before", cursor.before) &&
        take_number(rest, "modified", cursor.modified_ns) && rest.empty() &&
        cursor.fingerprint.size <= Fingerprint::most;
    return good ? std::optional(found) : std::nullopt;
}

std::optional<NumberedCursor> decode_cursor_file(std::string_view content) {
    const auto slot = [&](std::size_t index) {
        const auto at = std::min(index * CursorFile::slot_size, content.size());
        return decode_cursor(content.substr(at, CursorFile::slot_size));
    };
    const auto first = slot(0);
    const auto second = slot(1);
    if (first && second) return first->turn > second->turn ? first : second;
    return first ? first : second;
}

std::optional<NumberedFinished> decode_finished_file(std::string_view content) {
    const auto list = [&](std::size_t index) {
        const auto at = CursorFile::lists_at + index * CursorFile::list_size;
        return decode_finished(content.substr(std::min(at, content.size()), CursorFile::list_size));
    };
    auto first = list(0);
    auto second = list(1);
    if (first && second) return first->turn > second->turn ? first : second;
    return first ? first : second;
}

base::Result<CursorFile> CursorFile::open(const std::string& path) {
    const auto failed = [&](int error) {
        return base::fail(base::system_problem(path, "open the cursor", error));
    };
    const bool existed = base::sys::stat(path).has_value();
    auto file = base::sys::open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
    if (!file) return failed(file.error());
    // Its name must outlive a loss of power, or the stream would begin anew. If the folder cannot
    // be synced that is still better than not to ship.
    if (!existed) (void)base::sys::fsync_folder(std::filesystem::path(path).parent_path().string());
    const auto content = base::sys::read_file(path, 64 * 1024);
    if (!content) return failed(content.error());

    CursorFile opened;
    opened.path_ = path;
    opened.file_ = std::move(*file);
    if (const auto found = decode_cursor_file(*content)) {
        opened.turn_ = found->turn;
        opened.cursor_ = found->cursor;
    }
    if (auto found = decode_finished_file(*content)) {
        opened.list_turn_ = found->turn;
        opened.finished_ = std::move(found->finished);
    }
    return opened;
}

base::Result<> CursorFile::save(const Cursor& cursor) {
    const auto line = encode_cursor(cursor, ++turn_);
    const auto at = static_cast<std::int64_t>((turn_ % 2) * slot_size);
    cursor_ = cursor;
    const auto written = base::sys::pwrite_all(file_.get(), std::as_bytes(std::span(line)), at);
    if (written) return {};
    return base::fail(base::system_problem(path_, "save the cursor", written.error()));
}

base::Result<> CursorFile::save(const Finished& finished) {
    const auto line = encode_finished(finished, ++list_turn_, list_size);
    const auto at = static_cast<std::int64_t>(lists_at + (list_turn_ % 2) * list_size);
    finished_ = finished;
    const auto written = base::sys::pwrite_all(file_.get(), std::as_bytes(std::span(line)), at);
    if (written) return {};
    return base::fail(base::system_problem(path_, "save the cursor", written.error()));
}

base::Result<> CursorFile::sync() {
    const auto synced = base::sys::fdatasync(file_.get());
    if (synced) return {};
    return base::fail(base::system_problem(path_, "save the cursor", synced.error()));
}

} // namespace cmw::logs
