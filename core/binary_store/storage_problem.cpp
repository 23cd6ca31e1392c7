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

Problem storage_problem(const std::string& path, std::string_view verb, int error_number) {
    auto problem = system_problem(path, verb, error_number);
    switch (error_number) {
    case ENOSPC:
    case EDQUOT:
        problem.fix = "free some space on its file system";
        break;
    case EROFS:
        problem.fix = "make its file system writable (for a systemd unit, see ReadWritePaths=)";
        break;
    case EACCES:
    case EPERM:
        problem.fix = "give the user of cmix-wrapper the right to write in " + folder_of(path);
        break;
    case ENOENT:
        problem.fix = "make sure that the folder " + folder_of(path) + " exists";
        break;
    case EIO:
        problem.fix = "check the disk; the kernel's log tells more";
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
    return fail(folder,
                "cannot store " + format_size(bytes) + ": only " + format_size(*room) + " are free",
                "free some space on its file system");
}

} // namespace cmw::binary_store
