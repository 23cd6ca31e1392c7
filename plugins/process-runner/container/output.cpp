// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>

namespace cmw::container {

namespace {

/// More than is ever taken between two flushes.
constexpr std::size_t longest_tail = 2 * LogFrames::longest;

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), "cannot " + what);
}

/// The bytes of a file from `from` on, `most` of them or as far as they can be read.
std::string read_from(int fd, std::uint64_t from, std::size_t most) {
    std::string bytes(most, '\0');
    std::size_t size = 0;
    while (size < bytes.size()) {
        const auto got =
            ::pread(fd, bytes.data() + size, bytes.size() - size, static_cast<off_t>(from + size));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        size += static_cast<std::size_t>(got);
    }
    bytes.resize(size);
    return bytes;
}

} // namespace

void Output::File::open(const FileMark& mark) {
    text.clear();
    repeat = Repeat();
    if (path.empty()) return;
    // Readable, for the comparison; and a pipe without a reader does not hold us.
    fd = shared::UniqueFd(
        ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640));
    if (!fd) fail("open " + path + " for the container's output");
    const auto now = this->mark();
    if (now.inode == mark.inode && now.size > mark.size)
        repeat = Repeat(read_from(fd.get(), mark.size,
                                  std::min<std::uint64_t>(now.size - mark.size, longest_tail)));
}

/// A file that was moved away is made anew, for what moves logs.
void Output::File::follow_rename() {
    if (path.empty() || text.empty()) return;
    struct stat there {};
    const bool same = ::stat(path.c_str(), &there) == 0 && there.st_ino == mark().inode;
    if (same) return;
    auto keep = std::move(text);
    open({});
    text = std::move(keep);
}

void Output::File::write() {
    for (std::string_view rest(text); !rest.empty();) {
        const auto written = ::write(fd.get(), rest.data(), rest.size());
        if (written < 0 && errno != EINTR) fail("write to " + path);
        if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
    }
    text.clear();
}

FileMark Output::File::mark() const {
    struct stat now {};
    if (!fd || ::fstat(fd.get(), &now) != 0) return {};
    if (!S_ISREG(now.st_mode)) return {now.st_ino, 0};
    // What is still to come once more belongs to entries behind this position.
    return {now.st_ino, static_cast<std::uint64_t>(now.st_size) - repeat.left()};
}

Output::Output(Paths paths, std::string record, std::string container)
    : paths_(std::move(paths)), record_(std::move(record)), skip_(LogPosition()) {
    kept_.container = std::move(container);
    output_.path = paths_.output;
    if (paths_.errors != paths_.output) errors_.path = paths_.errors;
}

void Output::begin() {
    if (!record_fd_) {
        record_fd_ = shared::UniqueFd(::open(record_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        if (!record_fd_) fail("open " + record_);
    }
    const auto position = parse_position(read_from(record_fd_.get(), 0, 512));
    const bool known = position && position->container == kept_.container;
    if (known) kept_ = *position;
    output_.open(kept_.output);
    errors_.open(kept_.errors);
    skip_ = Skip(kept_);
    reached_ = kept_;
    if (!known) keep();
}

Output::File* Output::file_of(bool error) {
    if (error && paths_.errors != paths_.output) return paths_.errors.empty() ? nullptr : &errors_;
    return paths_.output.empty() ? nullptr : &output_;
}

void Output::take(const LogEntry& entry) {
    if (!skip_.is_new(entry.time_ns)) return;
    reached_.advance(entry.time_ns);
    if (auto* file = file_of(entry.error)) file->text += file->repeat.new_part(entry.text);
}

void Output::flush() {
    if (reached_ == kept_) return;
    output_.follow_rename();
    errors_.follow_rename();
    output_.write();
    errors_.write();
    keep();
}

void Output::keep() {
    reached_.output = output_.mark();
    reached_.errors = errors_.mark();
    const auto line = print_position(reached_);
    if (::pwrite(record_fd_.get(), line.data(), line.size(), 0) !=
        static_cast<ssize_t>(line.size()))
        fail("write to " + record_);
    kept_ = reached_;
}

} // namespace cmw::container
