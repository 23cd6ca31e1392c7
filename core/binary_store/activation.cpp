// SPDX-License-Identifier: Apache-2.0
#include "binary_store/activation.hpp"

#include "base/system.hpp"
#include "binary_store/storage_problem.hpp"
#include "binary_store/verified_copy.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>

namespace cmw::binary_store {

using namespace base;

namespace {

std::string beside(const Target& target, const char* suffix) {
    const std::filesystem::path path(target.path);
    return (path.parent_path() / ("." + path.filename().string() + suffix)).string();
}
std::string previous_path(const Target& target) {
    return beside(target, ".cmw-previous");
}

/// What is at `path` itself, not where a symbolic link leads; nothing if nothing is.
Result<std::optional<struct stat>> look(const std::string& path) {
    const auto found = sys::lstat(path);
    if (found) return *found;
    if (found.error() == ENOENT) return std::nullopt;
    return fail(system_problem(path, "look for the file", found.error()));
}

bool is_same(const struct stat& one, const struct stat& other) {
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

Result<> remove_file(const std::string& path) {
    const auto gone = sys::unlink(path);
    if (gone || gone.error() == ENOENT) return {};
    return fail(storage_problem(path, "remove the file", gone.error()));
}

/// Where the file system has no hard links, or the kernel forbids them on files of others
/// (fs.protected_hardlinks): a copy, whole under its name or not there.
Result<> copy_aside(const std::string& from, const std::string& to, mode_t mode) {
    const auto growing = to + ".new";
    if (const auto gone = remove_file(growing); !gone) return gone;
    const auto copied = sys::open(from, O_RDONLY).and_then([&](const UniqueFd& source) {
        return sys::open(growing, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600)
            .and_then([&](const UniqueFd& file) {
                return sys::copy_file(source.get(), file.get()).and_then([&](auto) {
                    return sys::fchmod(file.get(), mode & 07777);
                });
            })
            .and_then([&] { return sys::rename(growing, to); });
    });
    if (copied) return {};
    (void)sys::unlink(growing);
    return fail(storage_problem(to, "keep a copy of the present file", copied.error()));
}

/// Makes the previous file the one that is at the target now. Nothing moves at the target.
Result<> keep_present(const std::string& target, const struct stat& present,
                      const std::string& previous) {
    const auto older = look(previous);
    if (!older) return fail(older.error());
    if (*older && is_same(**older, present)) return {}; // A swap that was killed came this far.
    if (*older) {
        if (const auto gone = remove_file(previous); !gone) return gone;
    }
    const auto linked = sys::link(target, previous);
    if (linked) return {};
    const auto error = linked.error();
    if (error == EPERM || error == EMLINK || error == EOPNOTSUPP || error == ENOSYS)
        return copy_aside(target, previous, present.st_mode);
    return fail(storage_problem(previous, "keep the present file", error));
}

/// The artifact's file, verified, at `staged`.
Result<> put(const Store& store, const Digest& digest, const Target& target,
             const std::string& staged, const CopyAs& as) {
    if (target.unpack.empty()) return copy_verified(store.path(digest), staged, digest, as);
    const auto unpacked =
        unpack_verified(store.path(digest), staged, digest, target.unpack, target.max_size, as);
    if (!unpacked) return fail(unpacked.error());
    const auto noted = store.members().note(digest, target.unpack, *unpacked);
    if (!noted) (void)sys::unlink(staged);
    return noted;
}

Result<std::optional<VerifiedFile>> verify_named(const Store& store, const std::string& path,
                                                 const Target& target,
                                                 const std::optional<Digest>& expected) {
    auto file = verify(path, expected ? expected->algorithm : std::string(default_algorithm));
    if (!file || !*file || target.unpack.empty()) return file;
    const auto archive = store.members().archive_of((*file)->digest, target.unpack, expected);
    if (!archive) return fail(archive.error());
    if (*archive) (*file)->digest = **archive;
    return file;
}

} // namespace

std::string staged_path(const Target& target) {
    return beside(target, ".cmw-staged");
}

Result<> stage(const Store& store, const Digest& digest, const Target& target) {
    CopyAs as{
        .mode = target.mode, .owner = {}, .executable = target.executable, .check = target.check};
    if (const auto present = sys::stat(target.path)) {
        if (!S_ISREG(present->st_mode))
            return fail(target.path, "cannot replace what is there: it is not a regular file",
                        "correct the path of the component");
        as.owner = {present->st_uid, present->st_gid};
    } else if (present.error() != ENOENT) {
        return fail(storage_problem(target.path, "look for the file", present.error()));
    }
    const auto staged = staged_path(target);
    if (const auto made = put(store, digest, target, staged, as); !made) return made;
    const auto synced = sys::fsync_folder(folder_of(staged));
    if (synced) return {};
    (void)sys::unlink(staged);
    return fail(storage_problem(folder_of(staged), "sync the folder", synced.error()));
}

Result<> unstage(const Target& target) {
    return remove_file(staged_path(target));
}

Result<std::optional<VerifiedFile>> verify_installed(const Store& store, const Target& target,
                                                     const std::optional<Digest>& expected) {
    return verify_named(store, target.path, target, expected);
}

Result<std::optional<VerifiedFile>> verify_staged(const Store& store, const Target& target,
                                                  const std::optional<Digest>& expected) {
    return verify_named(store, staged_path(target), target, expected);
}

Result<> swap(const Target& target) {
    const auto staged = staged_path(target);
    const auto previous = previous_path(target);
    const auto ready = look(staged);
    if (!ready) return fail(ready.error());
    if (!*ready) return fail(staged, "cannot swap the file in: nothing is staged");
    const auto present = look(target.path);
    if (!present) return fail(present.error());
    const auto kept =
        *present ? keep_present(target.path, **present, previous) : remove_file(previous);
    if (!kept) return kept;
    const auto renamed = sys::rename(staged, target.path);
    if (!renamed)
        return fail(storage_problem(target.path, "swap the new file in", renamed.error()));
    return {};
}

Result<> restore(const Target& target, bool had_previous) {
    if (!had_previous) return remove_file(target.path);
    const auto previous = previous_path(target);
    const auto found = look(previous);
    if (!found) return fail(found.error());
    if (*found) {
        if (const auto back = sys::rename(previous, target.path); !back)
            return fail(storage_problem(target.path, "put the previous file back", back.error()));
        // A rename between two names of one file does nothing and leaves both.
        return remove_file(previous);
    }
    const auto present = look(target.path);
    if (!present) return fail(present.error());
    if (*present) return {}; // A restore that was killed had come to its end.
    return fail(previous, "cannot put the previous file back: it is missing",
                "install the program again by hand, or wait for the next upgrade");
}

Result<> commit(const Target& target) {
    const auto folder = folder_of(target.path);
    const auto synced = sys::fsync_folder(folder);
    if (!synced) return fail(storage_problem(folder, "sync the folder", synced.error()));
    return remove_file(previous_path(target));
}

} // namespace cmw::binary_store
