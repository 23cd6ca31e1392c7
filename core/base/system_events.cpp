// SPDX-License-Identifier: Apache-2.0
#include "base/system_attempt.hpp"

#include <csignal>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>

namespace cmw::base::sys {

Outcome<UniqueFd> inotify() {
    return attempt_fd(Call::inotify, {}, [] { return ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK); });
}

Outcome<int> add_watch(int inotify, const std::string& path, std::uint32_t events) {
    return attempt(Call::inotify, path,
                   [&] { return ::inotify_add_watch(inotify, path.c_str(), events); });
}

Outcome<UniqueFd> watch_path(const std::string& path, std::uint32_t events) {
    auto watcher = inotify();
    if (!watcher) return watcher;
    if (const auto added = add_watch(watcher->get(), path, events); !added)
        return tl::unexpected(added.error());
    return watcher;
}

Outcome<UniqueFd> duplicate(int fd) {
    return attempt_fd(Call::open, {}, [&] { return ::fcntl(fd, F_DUPFD_CLOEXEC, 3); });
}

Outcome<UniqueFd> event() {
    return attempt_fd(Call::eventfd, {}, [] { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); });
}

Outcome<UniqueFd> signals(const sigset_t& set) {
    return attempt_fd(Call::signalfd, {},
                      [&] { return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK); });
}

} // namespace cmw::base::sys
