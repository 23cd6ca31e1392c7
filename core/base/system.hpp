// SPDX-License-Identifier: Apache-2.0
//
// base/system.hpp - the one seam between the core and the kernel. Every system call that can fail
// goes through here, so that a test can make each one fail once (see FaultPlan).
//
// Each function repeats on EINTR, sets close-on-exec, and returns errno on failure. Callers add
// what the operator needs to know: system_problem(path, "open the file", error).
#pragma once

#include "base/account.hpp"
#include "base/clock.hpp"
#include "base/unique_fd.hpp"

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <tl/expected.hpp>
#include <vector>

namespace cmw::base::sys {

template <class T = void>
using Outcome = tl::expected<T, int>; ///< The error is an errno.

/// The calls that a test can make fail.
enum class Call {
    open,
    read,
    write,
    fsync,
    stat,
    rename,
    link,
    unlink,
    mkdir,
    chmod,
    chown,
    truncate,
    copy,
    list,
    statvfs,
    socket,
    connect,
    accept,
    epoll,
    eventfd,
    timerfd,
    signalfd,
    inotify,
    fork,
    pipe,
    fallocate,
    seek
};
std::string_view name(Call call);

/// For tests: asked before each call; an errno makes that call fail with it, 0 lets it pass.
/// Set while no other thread is in the core; an empty function removes it. [not thread-safe]
void set_fault_plan(std::function<int(Call, std::string_view path)> plan);

Outcome<UniqueFd> open(const std::string& path, int flags, mode_t mode = 0);
/// At most buffer.size() bytes; 0 at the end of the file.
Outcome<std::size_t> read(int fd, std::span<std::byte> buffer);
Outcome<std::size_t> pread(int fd, std::span<std::byte> buffer, std::int64_t offset);
/// All of the bytes, however many calls it takes.
Outcome<> write_all(int fd, std::span<const std::byte> bytes);
Outcome<> pwrite_all(int fd, std::span<const std::byte> bytes, std::int64_t offset);
Outcome<> fsync(int fd);
Outcome<> fdatasync(int fd);
/// Opens the folder and syncs it: makes a rename, link or unlink in it durable.
Outcome<> fsync_folder(const std::string& path);
Outcome<struct stat> stat(const std::string& path);  ///< Follows symbolic links.
Outcome<struct stat> lstat(const std::string& path); ///< Does not.
Outcome<struct stat> fstat(int fd);
Outcome<struct statx> statx(const std::string& path); ///< Follows symbolic links.
Outcome<struct statx> fstatx(int fd);
/// Whether the effective user may R_OK, W_OK, X_OK it: EACCES if not.
Outcome<> access(const std::string& path, int mode);
Outcome<> rename(const std::string& from, const std::string& to);
Outcome<> link(const std::string& existing, const std::string& created);
Outcome<> unlink(const std::string& path);
Outcome<> mkdir(const std::string& path, mode_t mode);
Outcome<> chmod(const std::string& path, mode_t mode);
Outcome<> fchmod(int fd, mode_t mode);
Outcome<> fchown(int fd, uid_t user, gid_t group);
Outcome<> ftruncate(int fd, std::int64_t size);
/// Makes a hole in the file: its blocks are freed, all of it reads as NULs, its size stays.
/// EOPNOTSUPP: the file system cannot.
Outcome<> punch_hole(int fd, std::int64_t offset, std::int64_t size);
/// Where the first data at `offset` or behind it is; ENXIO: only a hole, or the end. Moves the
/// descriptor's position.
Outcome<std::int64_t> seek_data(int fd, std::int64_t offset);
/// Copies from the start of `from` to the end of `to`, in the kernel where it can (reflink, or
/// copy_file_range across file systems), else through a small buffer. Returns the bytes copied.
Outcome<std::uint64_t> copy_file(int from, int to);
/// The names in a folder, sorted, without "." and "..".
Outcome<std::vector<std::string>> list(const std::string& folder);
/// Bytes that an unprivileged user may still write to the file system of `path`.
Outcome<std::uint64_t> free_bytes(const std::string& path);

/// The whole file, if it is at most `limit` bytes (EFBIG otherwise).
Outcome<std::string> read_file(const std::string& path, std::size_t limit);

/// The folder and those above it, as `mkdir -p`; what exists stays as it is.
Outcome<> make_folders(const std::string& path, mode_t mode);

/// A Unix stream socket that does not block.
Outcome<UniqueFd> unix_socket();
/// The file that it creates has at most `mode`, less the umask. ENAMETOOLONG: over 107 bytes.
Outcome<> bind_unix(int fd, const std::string& path, mode_t mode);
Outcome<> connect_unix(int fd, const std::string& path);
Outcome<> listen(int fd, int backlog);
/// A connection that does not block; EAGAIN if none waits.
Outcome<UniqueFd> accept(int fd);
/// What the socket takes now, without SIGPIPE; EAGAIN if nothing.
Outcome<std::size_t> send(int fd, std::span<const std::byte> bytes);
/// The user at the other end of a Unix socket, as of its connect.
Outcome<uid_t> peer_user(int fd);

/// Reports what happens to `path` (IN_MODIFY ...) on a new inotify descriptor that does not block.
Outcome<UniqueFd> watch_path(const std::string& path, std::uint32_t events);
/// An inotify descriptor that does not block, for many watches.
Outcome<UniqueFd> inotify();
/// Adds a watch of `path`; returns its number.
Outcome<int> add_watch(int inotify, const std::string& path, std::uint32_t events);

/// Another descriptor of the same thing.
Outcome<UniqueFd> duplicate(int fd);
/// An event descriptor: readable once written to.
Outcome<UniqueFd> event();
/// A descriptor that does not block, from which the blocked signals of `set` are read.
Outcome<UniqueFd> signals(const sigset_t& set);
/// One datagram to a Unix socket, without waiting; a name that begins with '@' is abstract.
Outcome<> send_datagram(const std::string& socket, std::string_view text);
/// A stream socket that is connecting: writable once it is, or has failed (SO_ERROR).
Outcome<UniqueFd> connect(const sockaddr* address, socklen_t size);

/// The kernel's answer to a dump of all IPv4 routes: messages of rtnetlink(7), see routes.hpp.
Outcome<std::vector<std::byte>> dump_routes();

/// A program started for the host's own use: in a process group of its own, with default signals
/// and without input and output.
struct Spawned {
    pid_t pid = 0;
    UniqueFd pidfd; ///< Readable once it has ended.
};
Outcome<Spawned> spawn(const std::vector<std::string>& arguments,
                       const std::vector<std::string>& environment);
/// Kills what is left of its group, and waits for it: the status as of waitpid.
Outcome<int> kill_and_reap(const Spawned& spawned);

/// The same under a keeper, which kills the group when the host is no more: see helper.hpp.
struct Guarded {
    pid_t keeper = 0;  ///< Leads the group.
    UniqueFd lifeline; ///< While it is open the keeper waits.
    Spawned program;
    UniqueFd output; ///< Of stdout and stderr; does not block.
};
/// An errno of execve too.
Outcome<Guarded> spawn_guarded(const std::vector<std::string>& arguments,
                               const std::vector<std::string>& environment,
                               const std::optional<Account>& account);
/// Kills the group, what has ended by itself apart, and waits for it: the program's status.
Outcome<int> kill_and_reap(const Guarded& guarded);

/// How long ago a process was started, to 10 ms.
Outcome<Nanoseconds> process_age(std::int64_t pid);

/// Read where a path must exist to be read: /proc/sys/kernel/random/boot_id without line feed.
Outcome<std::string> boot_id();

} // namespace cmw::base::sys
