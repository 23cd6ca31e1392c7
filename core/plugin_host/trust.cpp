// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/trust.hpp"

#include "base/system.hpp"

#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

namespace cmw::plugin_host {

namespace {

using base::fail;
namespace sys = base::sys;

FileIdentity identity_of(const struct stat& found) {
    const auto nanoseconds = [](const timespec& time) {
        return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
    };
    return {found.st_dev, found.st_ino, found.st_size, nanoseconds(found.st_mtim),
            nanoseconds(found.st_ctim)};
}

base::Result<> check_ownership(const std::string& path, const struct stat& found) {
    const auto fault = ownership_fault(found, ::geteuid());
    if (fault.empty()) return {};
    return fail(path, "cannot trust the plugins there: it " + fault,
                fmt::format("chown it to root, and chmod go-w \"{}\"", path));
}

base::Result<> check_digest(const TrustedFile& file, const base::Digest& demanded) {
    const auto found = base::digest_of_file(file.descriptor.get(), file.path, demanded.algorithm);
    if (!found) return fail(found.error());
    if (*found == demanded) return {};
    return fail(file.path,
                fmt::format("cannot trust the plugin: its {} is {}, not {}", demanded.algorithm,
                            found->hex(), demanded.hex()),
                "install the right file, or correct the digest in the configuration");
}

} // namespace

std::string ownership_fault(const struct stat& found, uid_t host_user) {
    if (!S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode)) return "is neither a file nor a folder";
    if (found.st_uid != 0 && found.st_uid != host_user)
        return fmt::format("belongs to user {}, who is neither root nor the host's user",
                           found.st_uid);
    // Sticky or not: others could add libraries to the folder.
    if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return fmt::format("may be written by {} (mode {:04o})",
                           (found.st_mode & S_IWOTH) != 0 ? "everybody" : "its group",
                           found.st_mode & 07777);
    return {};
}

base::Result<TrustedFile> examine(const std::string& file,
                                  const std::optional<base::Digest>& digest) {
    TrustedFile trusted;
    std::error_code error;
    const auto resolved = std::filesystem::canonical(file, error);
    if (error) return fail(base::system_problem(file, "find the plugin", error.value()));
    trusted.path = resolved.string();

    const auto parent = resolved.parent_path().string();
    const auto folder = sys::stat(parent);
    if (!folder) return fail(base::system_problem(parent, "examine the folder", folder.error()));
    if (auto fine = check_ownership(parent, *folder); !fine) return fail(fine.error());

    // Not blocking: a FIFO in the way would be waited for.
    auto opened = sys::open(trusted.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!opened) return fail(base::system_problem(trusted.path, "open the plugin", opened.error()));
    trusted.descriptor = std::move(*opened);
    const auto found = sys::fstat(trusted.descriptor.get());
    if (!found)
        return fail(base::system_problem(trusted.path, "examine the plugin", found.error()));
    if (!S_ISREG(found->st_mode))
        return fail(trusted.path, "cannot load it as a plugin: it is not a regular file",
                    "remove it from the plugin path");
    if (auto fine = check_ownership(trusted.path, *found); !fine) return fail(fine.error());
    trusted.identity = identity_of(*found);
    if (digest)
        if (auto fine = check_digest(trusted, *digest); !fine) return fail(fine.error());
    return trusted;
}

base::Result<> still_the_same(const TrustedFile& file) {
    const auto found = sys::lstat(file.path);
    if (found && identity_of(*found) == file.identity) return {};
    return fail(file.path, "cannot trust the plugin: the file changed while it was being loaded",
                "start the host again when its installation is complete");
}

} // namespace cmw::plugin_host
