// SPDX-License-Identifier: Apache-2.0
#include "binary_store/verified_copy.hpp"

#include "base/system.hpp"
#include "binary_store/activation.hpp"
#include "binary_store/archive.hpp"
#include "binary_store/storage_problem.hpp"

#include <cerrno>
#include <fcntl.h>
#include <functional>

namespace cmw::binary_store {

using namespace base;

namespace {

/// A copy that goes away unless it is kept.
class NewFile {
  public:
    explicit NewFile(std::string path) : path_(std::move(path)) {}
    ~NewFile() {
        if (!kept_) (void)sys::unlink(path_);
    }
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;
    void keep() { kept_ = true; }

  private:
    std::string path_;
    bool kept_ = false;
};

/// Not writable for others, and not executable at all, before its content is verified.
constexpr mode_t mode_while_unverified = 0600;

Result<UniqueFd> create_anew(const std::string& path) {
    const auto gone = sys::unlink(path);
    if (!gone && gone.error() != ENOENT)
        return fail(storage_problem(path, "replace the file", gone.error()));
    auto file = sys::open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode_while_unverified);
    if (!file) return fail(storage_problem(path, "create the file", file.error()));
    return std::move(*file);
}

Result<UniqueFd> open_regular(const std::string& path, std::uint64_t& size) {
    auto file = sys::open(path, O_RDONLY | O_NONBLOCK);
    if (!file) return fail(storage_problem(path, "open the file", file.error()));
    const auto found = sys::fstat(file->get());
    if (!found) return fail(storage_problem(path, "read the file", found.error()));
    if (!S_ISREG(found->st_mode))
        return fail(path, "cannot read the file: it is not a regular file");
    size = static_cast<std::uint64_t>(found->st_size);
    return std::move(*file);
}

Result<> check_digest(const Digest& found, const std::string& path, const Digest& expected) {
    if (found == expected) return {};
    auto problem = digest_problem(found, expected);
    problem.where = path;
    return fail(std::move(problem));
}

Result<> check_executable(int file, const std::string& path) {
    std::vector<std::byte> begin(4096);
    const auto got = sys::pread(file, begin, 0);
    if (!got) return fail(storage_problem(path, "read the file", got.error()));
    const auto why = why_not_executable(std::span(begin).first(*got));
    if (why.empty()) return {};
    return fail(path, "cannot use the artifact as a program: " + why,
                "ask who published it; nothing was replaced");
}

Result<> set_owner_and_mode(int file, const std::string& path, const CopyAs& as) {
    if (as.owner) {
        const auto given = sys::fchown(file, as.owner->first, as.owner->second);
        if (!given && given.error() != EPERM)
            return fail(storage_problem(path, "set the owner of the file", given.error()));
    }
    // After the owner: a change of owner clears mode bits.
    const auto set = sys::fchmod(file, as.mode);
    if (!set) return fail(storage_problem(path, "set the mode of the file", set.error()));
    return {};
}

/// Puts the bytes into a new file.
using Fill = std::function<Result<>(int file)>;
/// Whether the digest of what was put there will do.
using Accept = std::function<Result<>(const Digest& found)>;

/// Nothing is at `to` unless all of it succeeds: written beside it, and renamed when its bytes, owner
/// and mode are right. Whoever finds the file, also after a kill, finds a finished one.
Result<Digest> make_file(const std::string& to, std::string_view algorithm, const CopyAs& as,
                         const Fill& fill, const Accept& accept) {
    const auto draft = to + ".part";
    const auto file = create_anew(draft);
    if (!file) return fail(file.error());
    NewFile created(draft);
    if (const auto filled = fill(file->get()); !filled) return fail(filled.error());
    auto found = digest_of_file(file->get(), to, algorithm);
    if (!found) return fail(found.error());
    if (const auto accepted = accept(*found); !accepted) return fail(accepted.error());
    if (as.executable) {
        if (const auto fit = check_executable(file->get(), to); !fit) return fail(fit.error());
    }
    if (as.check) {
        if (const auto fit = as.check(draft); !fit) return fail(fit.error());
    }
    if (const auto set = set_owner_and_mode(file->get(), to, as); !set) return fail(set.error());
    const auto synced = sys::fsync(file->get());
    if (!synced) return fail(storage_problem(to, "sync the file", synced.error()));
    const auto renamed = sys::rename(draft, to);
    if (!renamed) return fail(storage_problem(to, "put the file in its place", renamed.error()));
    created.keep();
    return std::move(*found);
}

Result<Digest> copy_file(const std::string& from, const std::string& to, std::string_view algorithm,
                         const CopyAs& as, const Accept& accept) {
    std::uint64_t size = 0;
    const auto source = open_regular(from, size);
    if (!source) return fail(source.error());
    if (const auto room = check_room(folder_of(to), size); !room) return fail(room.error());
    const auto fill = [&](int file) -> Result<> {
        const auto copied = sys::copy_file(source->get(), file);
        if (!copied) return fail(storage_problem(to, "write the file", copied.error()));
        return {};
    };
    return make_file(to, algorithm, as, fill, accept);
}

} // namespace

Problem digest_problem(const Digest& found, const Digest& expected) {
    return {{},
            "cannot accept the artifact: its digest is " + found.hex() + ", not the approved " +
                expected.hex(),
            {}};
}

Result<> copy_verified(const std::string& from, const std::string& to, const Digest& digest,
                       const CopyAs& as) {
    const auto copied = copy_file(from, to, digest.algorithm, as, [&](const Digest& found) {
        return check_digest(found, to, digest);
    });
    if (!copied) return fail(copied.error());
    return {};
}

Result<Digest> copy_hashed(const std::string& from, const std::string& to,
                           std::string_view algorithm, const CopyAs& as) {
    return copy_file(from, to, algorithm, as, [](const Digest&) { return Result<>(); });
}

Result<Digest> unpack_verified(const std::string& from, const std::string& to, const Digest& digest,
                               std::string_view member, std::uint64_t max_size, const CopyAs& as) {
    ArchiveBytes archive{from, 0, {}};
    const auto source = open_regular(from, archive.size);
    if (!source) return fail(source.error());
    archive.read = [&](std::span<std::byte> buffer, std::int64_t offset) {
        return sys::pread(source->get(), buffer, offset);
    };
    const auto found = digest_of_file(source->get(), from, digest.algorithm);
    if (!found) return fail(found.error());
    if (const auto checked = check_digest(*found, from, digest); !checked)
        return fail(checked.error());
    const auto fill = [&](int file) {
        std::int64_t at = 0;
        const MemberSink sink{[&](std::uint64_t size) { return check_room(folder_of(to), size); },
                              [&](std::span<const std::byte> bytes) -> Result<> {
                                  const auto written = sys::pwrite_all(file, bytes, at);
                                  if (!written)
                                      return fail(
                                          storage_problem(to, "write the file", written.error()));
                                  at += static_cast<std::int64_t>(bytes.size());
                                  return {};
                              }};
        return unpack_member(archive, member, max_size, sink);
    };
    return make_file(to, digest.algorithm, as, fill, [](const Digest&) { return Result<>(); });
}

} // namespace cmw::binary_store
