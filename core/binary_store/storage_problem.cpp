// SPDX-License-Identifier: Apache-2.0
#include "binary_store/storage_problem.hpp"

#include "base/system.hpp"
#include "base/text.hpp"

#include <cerrno>
#include <filesystem>

namespace cmw::binary_store {

using namespace base;

std::string folder_of(const std::string& path) {
    return std::filesystem::path(path).parent_path().string();
}

std::string mount_point_of(const std::string& path) {
    std::filesystem::path at = path;
    auto found = sys::stat(at.string());
    while (!found && at.has_relative_path()) {
        at = at.parent_path();
        found = sys::stat(at.string());
    }
    while (found && at.has_relative_path()) {
        const auto above = sys::stat(at.parent_path().string());
        if (!above || above->st_dev != found->st_dev) break;
        at = at.parent_path();
    }
    return at.string();
}

namespace {

std::string free_some(const std::string& path) {
    const auto mount = mount_point_of(path);
    const auto room = sys::free_bytes(mount);
    return "free some space on the file system at " + mount +
           (room ? " (" + format_size(*room) + " are free)" : "");
}

} // namespace

Problem storage_problem(const std::string& path, std::string_view verb, int error_number) {
    auto problem = system_problem(path, verb, error_number);
    switch (error_number) {
    case ENOSPC:
        problem.fix = free_some(path);
        break;
    case EDQUOT:
        problem.fix = "raise the user's quota, or free some of it, on the file system at " +
                      mount_point_of(path);
        break;
    case EROFS:
        problem.fix = "make the file system at " + mount_point_of(path) +
                      " writable (for a systemd unit, see ReadWritePaths=)";
        break;
    case EXDEV:
        problem.fix = "keep " + folder_of(path) + " on one file system, without mounts in it";
        break;
    case EACCES:
    case EPERM:
        problem.fix = "give the user of cmix-wrapper the right to write in " + folder_of(path);
        break;
    case ENOENT:
        problem.fix = "make sure that the folder " + folder_of(path) + " exists";
        break;
    case EIO:
        problem.fix = "check the disk of the file system at " + mount_point_of(path) +
                      "; the kernel's log tells more";
        break;
    default:
        break;
    }
    return problem;
}

Result<> check_room(const std::string& folder, std::uint64_t bytes) {
    const auto room = sys::free_bytes(folder);
    if (!room) return fail(storage_problem(folder, "ask for the free space", room.error()));
    if (*room >= bytes) return {};
    return fail(
        folder, "cannot store " + format_size(bytes) + ": only " + format_size(*room) + " are free",
        "free " + format_size(bytes - *room) + " on the file system at " + mount_point_of(folder));
}

} // namespace cmw::binary_store
