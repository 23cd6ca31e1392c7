// SPDX-License-Identifier: Apache-2.0
#include "base/system_attempt.hpp"

#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace cmw::base::sys {

Outcome<Spawned> spawn(const std::vector<std::string>& arguments,
                       const std::vector<std::string>& environment) {
    if (const int fault = planned_fault(Call::fork, arguments.front()))
        return tl::unexpected(fault);
    const auto pointers = [](const std::vector<std::string>& texts) {
        std::vector<char*> list;
        for (const auto& text : texts) list.push_back(const_cast<char*>(text.c_str()));
        list.push_back(nullptr);
        return list;
    };
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETSIGMASK);
    sigset_t signals;
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    for (const int fd : {0, 1, 2})
        posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
    Spawned spawned;
    const int error = ::posix_spawn(&spawned.pid, arguments.front().c_str(), &files, &attributes,
                                    pointers(arguments).data(), pointers(environment).data());
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) return tl::unexpected(error);
    spawned.pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, spawned.pid, 0)));
    if (spawned.pidfd) return spawned;
    const int why = errno;
    static_cast<void>(kill_and_reap(spawned));
    return tl::unexpected(why);
}

Outcome<int> kill_and_reap(const Spawned& spawned) {
    // Before it is reaped: until then nobody else can have its group's number.
    ::kill(-spawned.pid, SIGKILL);
    int status = 0;
    return attempt(Call::read, {}, [&] { return ::waitpid(spawned.pid, &status, 0); })
        .map([&](pid_t) { return status; });
}

} // namespace cmw::base::sys
