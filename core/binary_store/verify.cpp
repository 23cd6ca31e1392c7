// SPDX-License-Identifier: Apache-2.0
#include "binary_store/activation.hpp"

#include "base/system.hpp"

#include <cerrno>
#include <fcntl.h>

namespace cmw::binary_store {

using namespace base;

namespace {

constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;

std::int64_t nanoseconds(const timespec& time) {
    return time.tv_sec * nanoseconds_per_second + time.tv_nsec;
}

} // namespace

FileIdentity identity_of(const struct stat& found) {
    return {found.st_dev, found.st_ino, found.st_size, nanoseconds(found.st_mtim),
            nanoseconds(found.st_ctim)};
}

bool still_verified(const VerifiedFile& then, const FileIdentity& now) {
    const auto age = then.hashed_at.time_since_epoch().count() - then.identity.ctime_ns;
    return then.identity == now && age > 2 * nanoseconds_per_second;
}

Result<std::optional<VerifiedFile>> verify(const std::string& path, std::string_view algorithm) {
    const auto hashed_at = unix_now();
    // Not blocking: a FIFO in the place of the file must not hold up the worker.
    const auto file = sys::open(path, O_RDONLY | O_NONBLOCK);
    if (!file && file.error() == ENOENT) return std::nullopt;
    if (!file) return fail(system_problem(path, "open the file", file.error()));
    // Before hashing: a change meanwhile gives the file another identity than this one.
    const auto found = sys::fstat(file->get());
    if (!found) return fail(system_problem(path, "read the file", found.error()));
    if (!S_ISREG(found->st_mode))
        return fail(path, "cannot read the file: it is not a regular file");
    auto digest = digest_of_file(file->get(), path, algorithm);
    if (!digest) return fail(digest.error());
    return VerifiedFile{std::move(*digest), identity_of(*found), hashed_at};
}

} // namespace cmw::binary_store
