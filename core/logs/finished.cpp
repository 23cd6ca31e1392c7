// SPDX-License-Identifier: Apache-2.0
#include "logs/finished.hpp"

#include "logs/take_number.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace cmw::logs {

namespace {

constexpr std::string_view heading = "cmw-finished-1";

enum class Counting { up, down, unknown };

/// How the names number the generations, as those that are read already tell.
Counting counting(std::span<const Generation> unread, std::span<const Generation> done) {
    bool all_below = true;
    bool all_above = true;
    bool compared = false;
    for (const auto& one : unread) {
        if (one.live) continue;
        const auto number = number_in_name(one.name);
        if (!number) return Counting::unknown;
        for (const auto& read : done) {
            const auto other = read.live ? std::nullopt : number_in_name(read.name);
            if (!other) continue;
            compared = true;
            all_below = all_below && *number < *other;
            all_above = all_above && *number > *other;
        }
    }
    if (!compared || all_below == all_above) return Counting::unknown;
    return all_below ? Counting::down : Counting::up;
}

} // namespace

const FinishedFile* Finished::find(const Generation& generation) const {
    const auto found = std::ranges::find(files_, generation.identity(), &FinishedFile::identity);
    return found == files_.end() ? nullptr : &*found;
}

void Finished::add(const FinishedFile& file) {
    remove(file.identity);
    if (files_.size() >= most) files_.erase(files_.begin());
    files_.push_back(file);
}

void Finished::remove(std::uint64_t identity) {
    std::erase_if(files_, [&](const FinishedFile& one) { return one.identity == identity; });
}

void Finished::keep_only(std::span<const Generation> generations) {
    std::erase_if(files_, [&](const FinishedFile& file) {
        return std::ranges::find(generations, file.identity, &Generation::identity) ==
               generations.end();
    });
}

bool needs_first_bytes(const Finished& finished, const Generation& generation) {
    const auto* file = finished.find(generation);
    if (file == nullptr) return false;
    const bool same_size = file->read == FinishedFile::all || file->read == generation.size;
    return !same_size || generation.born_ns == 0;
}

std::optional<std::uint64_t> unread_from(const Finished& finished, const Generation& generation,
                                         std::string_view first_bytes) {
    const auto* file = finished.find(generation);
    std::uint64_t from = 0;
    if (file != nullptr &&
        (!needs_first_bytes(finished, generation) || file->first.fits(first_bytes)))
        from = file->read;
    // What was passed over is read all the same if it becomes the log itself.
    if (from == FinishedFile::all && generation.live) from = 0;
    return from < generation.size ? std::optional(from) : std::nullopt;
}

std::uint64_t unread_bytes(const Finished& finished, std::span<const Generation> generations,
                           const FileId& open) {
    std::uint64_t bytes = 0;
    for (const auto& one : generations) {
        if (one.id == open) continue;
        const auto* file = finished.find(one);
        bytes += one.size - std::min(one.size, file == nullptr ? 0 : file->read);
    }
    return bytes;
}

void sort_unread(std::vector<Generation>& unread, std::span<const Generation> done) {
    sort_generations(unread);
    const auto way = counting(unread, done);
    if (way == Counting::unknown) return;
    std::ranges::stable_sort(unread, [&](const Generation& one, const Generation& other) {
        if (one.live || other.live) return one.live < other.live;
        const auto number = *number_in_name(one.name);
        const auto next = *number_in_name(other.name);
        return way == Counting::up ? number < next : number > next;
    });
}

std::string encode_finished(const Finished& finished, std::uint64_t turn, std::size_t most_bytes) {
    constexpr std::size_t sum_bytes = 32; // And the line feed.
    const auto head = [&](bool cut) {
        return fmt::format("{} turn={} cut={}", heading, turn, cut ? 1 : 0);
    };
    std::vector<std::string> entries;
    auto size = head(true).size() + sum_bytes;
    bool cut = finished.is_cut();
    for (auto it = finished.files().rbegin(); it != finished.files().rend(); ++it) {
        auto entry = fmt::format(" file={:x} first={} hash={:x} read={:x}", it->identity,
                                 it->first.size, it->first.hash, it->read);
        size += entry.size();
        cut = cut || size > most_bytes;
        if (size > most_bytes) break;
        entries.push_back(std::move(entry));
    }
    auto line = head(cut);
    for (auto it = entries.rbegin(); it != entries.rend(); ++it) line += *it;
    return line + fmt::format(" sum={:x}\n", checksum(line));
}

std::optional<NumberedFinished> decode_finished(std::string_view line) {
    auto rest = take_summed(line);
    if (!rest || !rest->starts_with(heading)) return std::nullopt;
    rest->remove_prefix(std::min(heading.size() + 1, rest->size()));
    NumberedFinished found;
    unsigned cut = 0;
    if (!take_number(*rest, "turn", found.turn) || !take_number(*rest, "cut", cut) || cut > 1)
        return std::nullopt;
    found.finished.set_cut(cut == 1);
    while (!rest->empty()) {
        FinishedFile file;
        const bool good = take_number(*rest, "file", file.identity, 16) &&
                          take_number(*rest, "first", file.first.size) &&
                          take_number(*rest, "hash", file.first.hash, 16) &&
                          take_number(*rest, "read", file.read, 16) &&
                          file.first.size <= Fingerprint::most;
        if (!good) return std::nullopt;
        found.finished.add(file);
    }
    return found;
}

} // namespace cmw::logs
