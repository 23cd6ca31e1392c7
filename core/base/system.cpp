// SPDX-License-Identifier: Apache-2.0
#include "base/system_attempt.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/statvfs.h>

namespace cmw::base::sys {

namespace {

using Plan = std::function<int(Call, std::string_view)>;
Plan& plan_storage() {
    static Plan plan;
    return plan;
}
std::atomic<bool> plan_set{false};

template <class WriteSome>
Outcome<> write_fully(std::span<const std::byte> bytes, WriteSome write_some) {
    while (!bytes.empty()) {
        const auto written = write_some(bytes);
        if (!written) return tl::unexpected(written.error());
        bytes = bytes.subspan(static_cast<std::size_t>(*written));
    }
    return {};
}

Outcome<std::uint64_t> copy_through_buffer(int from, int to, std::int64_t offset) {
    std::vector<std::byte> buffer(256 * 1024);
    auto total = static_cast<std::uint64_t>(offset);
    while (true) {
        const auto got = pread(from, buffer, static_cast<std::int64_t>(total));
        if (!got) return tl::unexpected(got.error());
        if (*got == 0) return total;
        if (const auto put = write_all(to, std::span(buffer).first(*got)); !put)
            return tl::unexpected(put.error());
        total += *got;
    }
}

} // namespace

int planned_fault(Call call, std::string_view path) {
    return plan_set.load(std::memory_order_acquire) ? plan_storage()(call, path) : 0;
}

std::string_view name(Call call) {
    constexpr std::array<std::string_view, 27> names{
        "open",     "read",    "write",   "fsync",  "stat",      "rename",  "link",
        "unlink",   "mkdir",   "chmod",   "chown",  "truncate",  "copy",    "list",
        "statvfs",  "socket",  "connect", "accept", "epoll",     "eventfd", "timerfd",
        "signalfd", "inotify", "fork",    "pipe",   "fallocate", "seek"};
    return names[static_cast<std::size_t>(call)];
}

void set_fault_plan(Plan plan) {
    const bool set = static_cast<bool>(plan);
    plan_storage() = std::move(plan);
    plan_set.store(set, std::memory_order_release);
}

Outcome<UniqueFd> open(const std::string& path, int flags, mode_t mode) {
    return attempt(Call::open, path, [&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); })
        .map([](int fd) { return UniqueFd(fd); });
}

Outcome<std::size_t> read(int fd, std::span<std::byte> buffer) {
    return attempt(Call::read, {}, [&] { return ::read(fd, buffer.data(), buffer.size()); })
        .map([](ssize_t got) { return static_cast<std::size_t>(got); });
}

Outcome<std::size_t> pread(int fd, std::span<std::byte> buffer, std::int64_t offset) {
    return attempt(Call::read, {},
                   [&] { return ::pread(fd, buffer.data(), buffer.size(), offset); })
        .map([](ssize_t got) { return static_cast<std::size_t>(got); });
}

Outcome<> write_all(int fd, std::span<const std::byte> bytes) {
    return write_fully(bytes, [fd](auto rest) {
        return attempt(Call::write, {}, [&] { return ::write(fd, rest.data(), rest.size()); });
    });
}

Outcome<> pwrite_all(int fd, std::span<const std::byte> bytes, std::int64_t offset) {
    return write_fully(bytes, [fd, &offset](auto rest) {
        auto written = attempt(Call::write, {},
                               [&] { return ::pwrite(fd, rest.data(), rest.size(), offset); });
        if (written) offset += *written;
        return written;
    });
}

Outcome<> fsync(int fd) {
    return attempt_void(Call::fsync, {}, [&] { return ::fsync(fd); });
}

Outcome<> fdatasync(int fd) {
    return attempt_void(Call::fsync, {}, [&] { return ::fdatasync(fd); });
}

Outcome<> fsync_folder(const std::string& path) {
    const auto folder = open(path, O_RDONLY | O_DIRECTORY);
    if (!folder) return tl::unexpected(folder.error());
    return fsync(folder->get());
}

Outcome<struct stat> stat(const std::string& path) {
    struct stat found {};
    return attempt(Call::stat, path, [&] { return ::stat(path.c_str(), &found); }).map([&](int) {
        return found;
    });
}

Outcome<struct stat> lstat(const std::string& path) {
    struct stat found {};
    return attempt(Call::stat, path, [&] { return ::lstat(path.c_str(), &found); }).map([&](int) {
        return found;
    });
}

Outcome<struct stat> fstat(int fd) {
    struct stat found {};
    return attempt(Call::stat, {}, [&] { return ::fstat(fd, &found); }).map([&](int) {
        return found;
    });
}

Outcome<struct statx> statx(const std::string& path) {
    struct statx found {};
    const auto wanted = STATX_BASIC_STATS | STATX_BTIME;
    return attempt(Call::stat, path,
                   [&] { return ::statx(AT_FDCWD, path.c_str(), 0, wanted, &found); })
        .map([&](int) { return found; });
}

Outcome<struct statx> fstatx(int fd) {
    struct statx found {};
    const auto wanted = STATX_BASIC_STATS | STATX_BTIME;
    return attempt(Call::stat, {}, [&] { return ::statx(fd, "", AT_EMPTY_PATH, wanted, &found); })
        .map([&](int) { return found; });
}

Outcome<> access(const std::string& path, int mode) {
    return attempt_void(Call::stat, path,
                        [&] { return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS); });
}

Outcome<> rename(const std::string& from, const std::string& to) {
    return attempt_void(Call::rename, to, [&] { return ::rename(from.c_str(), to.c_str()); });
}

Outcome<> link(const std::string& existing, const std::string& created) {
    return attempt_void(Call::link, created,
                        [&] { return ::link(existing.c_str(), created.c_str()); });
}

Outcome<> unlink(const std::string& path) {
    return attempt_void(Call::unlink, path, [&] { return ::unlink(path.c_str()); });
}

Outcome<> mkdir(const std::string& path, mode_t mode) {
    return attempt_void(Call::mkdir, path, [&] { return ::mkdir(path.c_str(), mode); });
}

Outcome<> chmod(const std::string& path, mode_t mode) {
    return attempt_void(Call::chmod, path, [&] { return ::chmod(path.c_str(), mode); });
}

Outcome<> fchmod(int fd, mode_t mode) {
    return attempt_void(Call::chmod, {}, [&] { return ::fchmod(fd, mode); });
}

Outcome<> fchown(int fd, uid_t user, gid_t group) {
    return attempt_void(Call::chown, {}, [&] { return ::fchown(fd, user, group); });
}

Outcome<> ftruncate(int fd, std::int64_t size) {
    return attempt_void(Call::truncate, {}, [&] { return ::ftruncate(fd, size); });
}

Outcome<> punch_hole(int fd, std::int64_t offset, std::int64_t size) {
    return attempt_void(Call::fallocate, {}, [&] {
        return ::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size);
    });
}

Outcome<std::int64_t> seek_data(int fd, std::int64_t offset) {
    return attempt(Call::seek, {}, [&] { return ::lseek(fd, offset, SEEK_DATA); });
}

Outcome<std::uint64_t> copy_file(int from, int to) {
    std::int64_t offset = 0;
    while (true) {
        const auto copied = attempt(Call::copy, {}, [&] {
            return ::copy_file_range(from, &offset, to, nullptr, std::size_t{1} << 30, 0);
        });
        if (!copied) {
            const bool kernel_cannot = copied.error() == EXDEV || copied.error() == EINVAL ||
                                       copied.error() == ENOSYS || copied.error() == EOPNOTSUPP;
            if (kernel_cannot) return copy_through_buffer(from, to, offset);
            return tl::unexpected(copied.error());
        }
        // Some file systems of the kernel (such as /proc) answer 0 at once: read them instead.
        if (*copied == 0) return copy_through_buffer(from, to, offset);
    }
}

Outcome<std::vector<std::string>> list(const std::string& folder) {
    if (const int fault = planned_fault(Call::list, folder)) return tl::unexpected(fault);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(folder.c_str()), &::closedir);
    if (!stream) return tl::unexpected(errno);
    std::vector<std::string> names;
    while (true) {
        errno = 0;
        const auto* entry = ::readdir(stream.get());
        if (entry == nullptr) break;
        const std::string_view found = entry->d_name;
        if (found != "." && found != "..") names.emplace_back(found);
    }
    if (errno != 0) return tl::unexpected(errno);
    std::ranges::sort(names);
    return names;
}

Outcome<std::uint64_t> free_bytes(const std::string& path) {
    struct statvfs found {};
    return attempt(Call::statvfs, path, [&] { return ::statvfs(path.c_str(), &found); })
        .map([&](int) { return static_cast<std::uint64_t>(found.f_bavail) * found.f_frsize; });
}

Outcome<std::string> read_file(const std::string& path, std::size_t limit) {
    const auto file = open(path, O_RDONLY);
    if (!file) return tl::unexpected(file.error());
    std::string content;
    std::vector<std::byte> buffer(64 * 1024);
    while (true) {
        const auto got = read(file->get(), buffer);
        if (!got) return tl::unexpected(got.error());
        if (*got == 0) return content;
        if (content.size() + *got > limit) return tl::unexpected(EFBIG);
        content.append(reinterpret_cast<const char*>(buffer.data()), *got);
    }
}

Outcome<> make_folders(const std::string& path, mode_t mode) {
    for (auto slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        const auto made = mkdir(path.substr(0, slash), mode);
        // EROFS and EACCES may stand in for EEXIST on folders above: only the last one decides.
        const bool last = slash == std::string::npos;
        if (!made && made.error() != EEXIST && (last || !stat(path.substr(0, slash)))) return made;
        if (last) break;
    }
    const auto found = stat(path);
    if (!found) return tl::unexpected(found.error());
    if (!S_ISDIR(found->st_mode)) return tl::unexpected(ENOTDIR);
    return {};
}

Outcome<std::string> boot_id() {
    return read_file("/proc/sys/kernel/random/boot_id", 128).map([](std::string text) {
        while (!text.empty() && text.back() == '\n') text.pop_back();
        return text;
    });
}

} // namespace cmw::base::sys
