// SPDX-License-Identifier: Apache-2.0
#include "logs/cursor.hpp"

#include "base/system.hpp"

#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>

namespace cmw::logs {

namespace {

constexpr std::string_view heading = "cmw-cursor-1";

/// FNV-1a, 64 bits: against accidents, not against people.
std::uint64_t checksum(std::string_view bytes) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char byte : bytes) {
        hash ^= static_cast<unsigned char>(byte);
        hash *= 0x100000001b3;
    }
    return hash;
}

/// Takes "name=number" off the start of `text`.
template <class Number>
bool take(std::string_view& text, std::string_view name, Number& number, int base = 10) {
    if (!text.starts_with(name) || !text.substr(name.size()).starts_with('=')) return false;
    text.remove_prefix(name.size() + 1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc{}) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.starts_with(' ')) text.remove_prefix(1);
    return true;
}

} // namespace

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
    const auto sum_at = line.find(" sum=");
    if (sum_at == std::string_view::npos) return std::nullopt;
    const auto summed = line.substr(0, sum_at);
    auto rest = line.substr(sum_at + 1);
    std::uint64_t sum = 0;
    if (!take(rest, "sum", sum, 16) || sum != checksum(summed)) return std::nullopt;

    rest = summed;
    if (!rest.starts_with(heading)) return std::nullopt;
    rest.remove_prefix(std::min(heading.size() + 1, rest.size()));
    NumberedCursor found;
    auto& cursor = found.cursor;
    const bool good = take(rest, "turn", found.turn) && take(rest, "inode", cursor.inode) &&
                      take(rest, "first", cursor.fingerprint.size) &&
                      take(rest, "hash", cursor.fingerprint.hash, 16) &&
                      take(rest, "offset", cursor.offset) && take(rest, "before", cursor.before) &&
                      take(rest, "modified", cursor.modified_ns) && rest.empty() &&
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

base::Result<> CursorFile::sync() {
    const auto synced = base::sys::fdatasync(file_.get());
    if (synced) return {};
    return base::fail(base::system_problem(path_, "save the cursor", synced.error()));
}

} // namespace cmw::logs
