// SPDX-License-Identifier: Apache-2.0
#include "logs/generations.hpp"

#include "base/system.hpp"
#include "logs/fingerprint.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <sys/sysmacros.h>
#include <tuple>

namespace cmw::logs {

namespace {

constexpr std::int64_t second = 1'000'000'000;

std::int64_t nanoseconds(const statx_timestamp& time) {
    return time.tv_sec * second + time.tv_nsec;
}

std::int64_t born_ns(const struct statx& found) {
    return (found.stx_mask & STATX_BTIME) != 0 ? nanoseconds(found.stx_btime) : 0;
}

bool is_rotation_mark(std::string_view text) {
    const bool has_digit = std::ranges::any_of(text, [](char c) { return c >= '0' && c <= '9'; });
    return has_digit && text.find_first_not_of("0123456789.-_:TZ") == std::string_view::npos;
}

/// Sizes and times change all the time; names and what they stand for only by a rotation.
bool same_files(const std::vector<Generation>& a, const std::vector<Generation>& b) {
    return std::ranges::equal(a, b, [](const Generation& x, const Generation& y) {
        return x.name == y.name && x.id == y.id;
    });
}

std::vector<Generation> look(const std::filesystem::path& folder, const std::string& live) {
    // A folder that may be entered but not listed still gives the live file.
    const auto names = base::sys::list(folder.string()).value_or(std::vector<std::string>{live});
    std::vector<Generation> found;
    for (const auto& name : names) {
        if (name != live && !is_older_generation(name, live)) continue;
        const auto file = base::sys::statx((folder / name).string());
        if (!file || !S_ISREG(file->stx_mode)) continue;
        found.push_back({name, file_id(*file), file->stx_size, modified_ns(*file), name == live,
                         born_ns(*file)});
    }
    return found;
}

} // namespace

FileId file_id(const struct stat& found) {
    return {static_cast<std::uint64_t>(found.st_dev), static_cast<std::uint64_t>(found.st_ino)};
}

FileId file_id(const struct statx& found) {
    return {makedev(found.stx_dev_major, found.stx_dev_minor), found.stx_ino};
}

std::int64_t modified_ns(const struct stat& found) {
    return static_cast<std::int64_t>(found.st_mtim.tv_sec) * second + found.st_mtim.tv_nsec;
}

std::int64_t modified_ns(const struct statx& found) {
    return nanoseconds(found.stx_mtime);
}

std::uint64_t identity_of(std::uint64_t inode, std::int64_t born_ns) {
    const std::array both{inode, static_cast<std::uint64_t>(born_ns)};
    return checksum({reinterpret_cast<const char*>(both.data()), sizeof both});
}

std::uint64_t identity_of(const struct statx& found) {
    return identity_of(found.stx_ino, born_ns(found));
}

std::optional<std::uint64_t> number_in_name(std::string_view name) {
    const auto dot = name.rfind('.');
    const auto digits = dot == std::string_view::npos ? std::string_view{} : name.substr(dot + 1);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return number;
}

bool is_older_generation(std::string_view name, std::string_view live) {
    if (name.size() < live.size() + 2) return false;
    const std::string_view separators = ".-_";
    if (name.starts_with(live))
        return separators.find(name[live.size()]) != std::string_view::npos &&
               is_rotation_mark(name.substr(live.size()));
    const auto dot = live.rfind('.');
    if (dot == std::string_view::npos || dot == 0) return false;
    const auto stem = live.substr(0, dot);
    const auto extension = live.substr(dot);
    if (!name.starts_with(stem) || !name.ends_with(extension)) return false;
    const auto mark = name.substr(stem.size(), name.size() - live.size());
    return separators.find(mark.front()) != std::string_view::npos && is_rotation_mark(mark);
}

void sort_generations(std::vector<Generation>& generations) {
    std::ranges::sort(generations, {}, [](const Generation& one) {
        // Clocks of file systems tick in milliseconds: among files of one tick the number decides.
        return std::tuple(one.live, one.modified_ns, ~number_in_name(one.name).value_or(0),
                          one.name);
    });
}

std::span<const Generation> written_after(std::span<const Generation> sorted, const FileId& id,
                                          std::int64_t modified_ns) {
    const auto itself = std::ranges::find(sorted, id, &Generation::id);
    const auto first = itself != sorted.end()
                           ? itself + 1
                           : std::ranges::find_if(sorted, [&](const Generation& one) {
                                 return one.live || one.modified_ns >= modified_ns;
                             });
    return {first, sorted.end()};
}

base::Result<std::vector<Generation>> list_generations(const std::string& path) {
    const std::filesystem::path whole(path);
    const auto folder = whole.parent_path();
    const auto live = whole.filename().string();
    constexpr int most_looks = 100;
    auto before = look(folder, live);
    for (int looks = 1; looks < most_looks; ++looks) {
        auto now = look(folder, live);
        if (same_files(before, now)) {
            sort_generations(now);
            return now;
        }
        before = std::move(now);
    }
    return base::fail(path, "cannot tell the order of its generations: they never stand still",
                      "rotate it less often");
}

} // namespace cmw::logs
