// SPDX-License-Identifier: Apache-2.0
#include "compressor.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cmw::file {

namespace {

/// Empty, and like the plain one: its mode, its owner if we may.
shared::UniqueFd make_like(int plain, const std::string& path) {
    ::unlink(path.c_str()); // What a kill left.
    shared::UniqueFd fd(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    struct stat found {};
    if (!fd || ::fstat(plain, &found) != 0)
        throw std::system_error(errno, std::generic_category(), "making " + path);
    if (::fchown(fd.get(), found.st_uid, found.st_gid) != 0 && errno != EPERM)
        throw std::system_error(errno, std::generic_category(), "giving " + path + " an owner");
    if (::fchmod(fd.get(), found.st_mode & 0777) != 0)
        throw std::system_error(errno, std::generic_category(), "giving " + path + " a mode");
    return fd;
}

/// The time of its last record.
void keep_time(int plain, int made) {
    struct stat found {};
    if (::fstat(plain, &found) != 0) return;
    const timespec times[]{found.st_mtim, found.st_mtim};
    ::futimens(made, times);
}

} // namespace

Compressor::~Compressor() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    news_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void Compressor::add(const Generations& generations) {
    const std::lock_guard lock(mutex_);
    const auto is_it = [&](const Generations& other) { return other.path == generations.path; };
    if (std::ranges::none_of(waiting_, is_it)) waiting_.push_back(generations);
    news_.notify_one();
    if (thread_.joinable()) return;
    // The host's signals are for the host's threads.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Compressor::run() {
    ::setpriority(PRIO_PROCESS, 0, 10); // Of this thread alone, as Linux has it.
    std::unique_lock lock(mutex_);
    while (true) {
        news_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
        if (stop_) return;
        const auto generations = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        try {
            while (compress_one(generations)) {
            }
        } catch (const std::exception& failure) {
            ::unlink(generations.made_at().c_str());
            host_.warn("cannot compress what is older of " + generations.path + ": " +
                       failure.what() + "; it stays as it is until the next rotation");
        }
        lock.lock();
    }
}

bool Compressor::compress_one(const Generations& generations) {
    std::optional<Generations::Plain> plain;
    {
        const auto names = hold_names();
        plain = generations.next_plain(how_);
    }
    if (!plain) return false;
    const auto path = generations.made_at();
    const auto made = make_like(plain->fd.get(), path);
    if (!compress(plain->fd.get(), made.get(), how_, stop_)) {
        ::unlink(path.c_str());
        return false;
    }
    keep_time(plain->fd.get(), made.get());
    const auto names = hold_names();
    generations.replace_plain(plain->fd.get(), path, how_);
    return true;
}

} // namespace cmw::file
