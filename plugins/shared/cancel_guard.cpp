// SPDX-License-Identifier: Apache-2.0
#include "shared/cancel_guard.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cmw::shared {

namespace {

/// What is left until `deadline` of CLOCK_MONOTONIC, at least nothing.
timespec left_until(std::chrono::nanoseconds deadline) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const auto left = std::max(deadline - now, std::chrono::nanoseconds::zero());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    return {static_cast<time_t>(seconds.count()), static_cast<long>((left - seconds).count())};
}

void watch(int cancelled, int done, std::chrono::nanoseconds deadline, int socket) {
    const bool limited = deadline != std::chrono::nanoseconds::max();
    std::array<pollfd, 2> ends{{{cancelled, POLLIN, 0}, {done, POLLIN, 0}}};
    int ready = 0;
    do {
        const auto left = left_until(deadline);
        ready = ::ppoll(ends.data(), ends.size(), limited ? &left : nullptr, nullptr);
    } while (ready < 0 && errno == EINTR);
    if (ends[1].revents == 0) ::shutdown(socket, SHUT_RDWR);
}

} // namespace

CancelGuard::CancelGuard(const Call& call, int socket)
    : done_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (done_ < 0)
        throw std::system_error(errno, std::generic_category(), "cannot make an eventfd");
    // The host's signals are for the host's threads.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ =
        std::thread(&watch, call.cancel_fd(), done_, call.deadline().time_since_epoch(), socket);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

CancelGuard::~CancelGuard() {
    ::eventfd_write(done_, 1);
    thread_.join();
    ::close(done_);
}

} // namespace cmw::shared
