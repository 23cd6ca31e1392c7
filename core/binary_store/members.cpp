// SPDX-License-Identifier: Apache-2.0
#include "binary_store/members.hpp"

#include "base/atomic_file.hpp"
#include "base/system.hpp"
#include "base/text.hpp"
#include "binary_store/notes.hpp"
#include "binary_store/storage_problem.hpp"

#include <cerrno>

namespace cmw::binary_store {

using namespace base;

namespace {

constexpr mode_t mode_of_notes = 0400;
constexpr std::size_t max_note = 512;

/// What follows the archive's digest in the name of a note; a member's own name may be any text.
std::string suffix_of(std::string_view member) {
    Hasher hasher(default_algorithm);
    hasher.update(std::as_bytes(std::span(member)));
    return "." + hasher.finish().hex().substr(0, 32);
}

Result<std::optional<Digest>> read_note(const std::string& path) {
    const auto text = sys::read_file(path, max_note);
    if (text) return parse_digest_name(*text);
    if (text.error() == ENOENT || text.error() == EFBIG) return std::nullopt;
    return fail(storage_problem(path, "read the note of an unpacked file", text.error()));
}

} // namespace

Result<> Members::note(const Digest& archive, std::string_view member, const Digest& file) const {
    return write_file_atomically(folder_ + "/" + archive.name() + suffix_of(member), file.name(),
                                 mode_of_notes);
}

Result<std::optional<Digest>> Members::archive_of(const Digest& file, std::string_view member,
                                                  const std::optional<Digest>& expected) const {
    const auto suffix = suffix_of(member);
    if (expected) {
        const auto noted = read_note(folder_ + "/" + expected->name() + suffix);
        if (!noted) return fail(noted.error());
        if (*noted == file) return expected;
    }
    const auto names = names_of_notes(folder_);
    if (!names) return fail(names.error());
    for (const auto& name : *names) {
        if (!name.ends_with(suffix)) continue;
        const auto archive = parse_digest_name(name.substr(0, name.size() - suffix.size()));
        if (!archive) continue;
        const auto noted = read_note(folder_ + "/" + name);
        if (!noted) return fail(noted.error());
        if (*noted == file) return archive;
    }
    return std::nullopt;
}

Result<> Members::forget(const Digest& archive) const {
    return forget_notes(folder_, archive);
}

} // namespace cmw::binary_store
