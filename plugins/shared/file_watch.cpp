// SPDX-License-Identifier: Apache-2.0
#include "shared/file_watch.hpp"

#include <array>
#include <sys/inotify.h>
#include <unistd.h>

namespace cmw::shared {
namespace {

constexpr std::uint32_t settling = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;
constexpr std::uint32_t touching = IN_CREATE | IN_ATTRIB;
constexpr std::uint32_t folder_gone = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED;

[[noreturn]] void fail(const std::string& what, int error) {
    throw std::system_error(error, std::generic_category(), what);
}

/// As many as the kernel follows.
constexpr int most_links = 40;

std::filesystem::path resolve(const std::filesystem::path& file) {
    std::error_code unresolved;
    return std::filesystem::canonical(file, unresolved);
}

} // namespace

FileWatch::FileWatch(const std::filesystem::path& file)
    : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)), file_(file), target_(resolve(file)) {
    if (fd_ < 0) fail("cannot watch " + file.string(), errno);
    try {
        follow(file, 0);
    } catch (...) {
        ::close(fd_);
        throw;
    }
}

FileWatch::~FileWatch() {
    ::close(fd_);
}

bool FileWatch::current() const {
    return resolve(file_) == target_;
}

void FileWatch::follow(const std::filesystem::path& path, int depth) {
    std::filesystem::path at;
    for (auto part = path.begin(); part != path.end(); ++part) {
        at /= *part;
        std::error_code ignored;
        if (depth == most_links || !std::filesystem::is_symlink(at, ignored)) continue;
        watch(at);
        auto target = at.parent_path() / std::filesystem::read_symlink(at, ignored);
        while (++part != path.end()) target /= *part;
        return follow(target, depth + 1);
    }
    watch(path);
}

void FileWatch::watch(const std::filesystem::path& file) {
    const auto folder = file.parent_path();
    if (::inotify_add_watch(fd_, folder.c_str(),
                            settling | touching | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR) < 0)
        fail("cannot watch the folder " + folder.string(), errno);
    names_.insert(file.filename().string());
}

std::optional<Change> FileWatch::wait(const Call& call, Time until) {
    while (true) {
        if (!call.wait(fd_, POLLIN, until)) return std::nullopt;
        alignas(inotify_event) std::array<char, 4096> buffer;
        const auto size = ::read(fd_, buffer.data(), buffer.size());
        if (size < 0 && errno != EAGAIN && errno != EINTR) fail("cannot read inotify", errno);
        std::optional<Change> change;
        for (const char* at = buffer.data(); size > 0 && at < buffer.data() + size;) {
            const auto* event = reinterpret_cast<const inotify_event*>(at);
            at += sizeof(inotify_event) + event->len;
            if ((event->mask & folder_gone) != 0)
                throw Error(CMW_NOT_FOUND, "cannot watch the file: its folder went away");
            const bool missed = (event->mask & IN_Q_OVERFLOW) != 0;
            if (!missed && (event->len == 0 || !names_.contains(event->name))) continue;
            if (missed || (event->mask & settling) != 0)
                change = Change::Settled;
            else if (!change)
                change = Change::Touched;
        }
        if (change) return change;
    }
}

} // namespace cmw::shared
