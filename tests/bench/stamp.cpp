// SPDX-License-Identifier: Apache-2.0
//
// stamp FILE - the program that bench/upgrade.cpp upgrades and bench/crash.cpp kills. Appends "start
// VERSION TIME PID" to FILE as it begins, and "end TIME" before it exits on SIGTERM; times are
// nanoseconds of CLOCK_MONOTONIC.
//
// Its version is what follows the last space of its own file, so that a new one with another digest
// is made by appending.
#include <csignal>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace {

long long now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

} // namespace

int main(int, char** argv) {
    const auto started = now();
    sigset_t term;
    ::sigemptyset(&term);
    ::sigaddset(&term, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &term, nullptr);

    char tail[32];
    const int self = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    ::lseek(self, -static_cast<off_t>(sizeof tail), SEEK_END);
    const auto got = ::read(self, tail, sizeof tail);
    ::close(self);
    const std::string_view end(tail, got > 0 ? static_cast<std::size_t>(got) : 0);
    const auto version = end.substr(end.rfind(' ') + 1);

    const int file = ::open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0) return 1;
    ::dprintf(file, "start %.*s %lld %d\n", static_cast<int>(version.size()), version.data(),
              started, ::getpid());
    int number = 0;
    ::sigwait(&term, &number);
    ::dprintf(file, "end %lld\n", now());
    ::_exit(0);
}
