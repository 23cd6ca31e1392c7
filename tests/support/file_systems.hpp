// SPDX-License-Identifier: Apache-2.0
//
// support/file_systems.hpp - small real file systems for a test: full, read-only, of another kind.
// Only root may have them; whoever asks says what was skipped.
#pragma once

#include "base/system.hpp"
#include "support/temporary_folder.hpp"

#include <exception>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace cmw::test {

inline bool succeeds(const std::vector<std::string>& command) {
    const auto spawned = base::sys::spawn(command, {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"});
    if (!spawned) return false;
    int status = 0;
    return ::waitpid(spawned->pid, &status, 0) == spawned->pid && status == 0;
}

/// Mounts an empty "tmpfs" or "ext4" of this size at `folder`. The disk of the latter is a file in
/// memory, mounted at `memory`: a sync of it takes no time.
inline bool mount_new(const std::string& kind, std::size_t kib, const std::string& folder,
                      const std::string& memory) {
    if (kind == "tmpfs") {
        const auto options = "mode=0755,size=" + std::to_string(kib) + "k";
        return ::mount("none", folder.c_str(), "tmpfs", 0, options.c_str()) == 0;
    }
    std::filesystem::create_directory(memory);
    if (!mount_new("tmpfs", kib + 1024, memory, {})) return false;
    const auto image = memory + "/image";
    std::ofstream(image).close();
    std::filesystem::resize_file(image, kib * 1024);
    return succeeds({"/usr/sbin/mkfs.ext4", "-q", "-F", image}) &&
           succeeds({"/usr/bin/mount", "-o", "loop", image, folder});
}

/// Calls `body` with the folder of a new file system, which is mounted for this call's thread alone
/// and goes with it. False, without a call: this machine or user cannot have one.
inline bool on_file_system(const std::string& kind, std::size_t kib,
                           const std::function<void(const std::string& folder)>& body) {
    if (::geteuid() != 0) return false;
    const TemporaryFolder around;
    const auto folder = around / "mounted";
    std::filesystem::create_directory(folder);
    bool mounted = false;
    std::exception_ptr thrown;
    std::thread([&] {
        // A namespace of this thread's own: its mounts end with it, however it ends.
        if (::unshare(CLONE_NEWNS) != 0) return;
        if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return;
        mounted = mount_new(kind, kib, folder, around / "memory");
        if (!mounted) return;
        try {
            body(folder);
        } catch (...) {
            thrown = std::current_exception();
        }
        ::umount2(folder.c_str(), MNT_DETACH);
        ::umount2((around / "memory").c_str(), MNT_DETACH);
    }).join();
    if (thrown) std::rethrow_exception(thrown);
    return mounted;
}

} // namespace cmw::test
