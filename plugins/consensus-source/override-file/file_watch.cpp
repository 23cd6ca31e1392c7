// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/override-file/file_watch.hpp"

#include <array>
#include <optional>
#include <sys/inotify.h>
#include <unistd.h>

namespace cmw::override_file {
namespace {

constexpr std::uint32_t settling =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB;
constexpr std::uint32_t folder_gone = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED;

[[noreturn]] void fail(const std::string& what, int error) {
    throw std::system_error(error, std::generic_category(), what);
}

} // namespace

FileWatch::FileWatch(const std::filesystem::path& file)
    : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    if (fd_ < 0) fail("cannot watch " + file.string(), errno);
    try {
        watch(file);
        std::error_code unresolved;
        const auto target = std::filesystem::canonical(file, unresolved);
        if (!unresolved && target != file) watch(target);
    } catch (...) {
        ::close(fd_);
        throw;
    }
}

FileWatch::~FileWatch() {
    ::close(fd_);
}

void FileWatch::watch(const std::filesystem::path& file) {
    const auto folder = file.parent_path();
    if (::inotify_add_watch(fd_, folder.c_str(),
                            settling | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR) < 0)
        fail("cannot watch the folder " + folder.string(), errno);
    names_.insert(file.filename().string());
}

Change FileWatch::wait(const Call& call) {
    while (true) {
        call.wait(fd_, POLLIN, std::chrono::steady_clock::time_point::max());
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
        if (change) return *change;
    }
}

} // namespace cmw::override_file
