// SPDX-License-Identifier: Apache-2.0
#include "log_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace cmw::file {

namespace fs = std::filesystem;

namespace {

std::int64_t modified(const struct stat& file) {
    return std::int64_t{file.st_mtim.tv_sec} * 1'000'000'000 + file.st_mtim.tv_nsec;
}

} // namespace

LogFile::LogFile(Settings settings) : settings_(std::move(settings)) {
    open();
    if (settings_.compressor != nullptr)
        settings_.compressor->add({settings_.path.string(), settings_.keep});
}

LogFile::~LogFile() {
    close();
}

void LogFile::fail(const char* verb, int error) const {
    throw std::system_error(error, std::generic_category(),
                            std::string("cannot ") + verb + " " + settings_.path.string());
}

void LogFile::close() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

std::int64_t LogFile::unix_nanoseconds() {
    const std::chrono::nanoseconds now = std::chrono::system_clock::now().time_since_epoch();
    return now.count();
}

/// False: there is one already. Mode and owner are only given to what we make.
bool LogFile::create() {
    fd_ = ::open(settings_.path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (fd_ < 0 && errno == EEXIST) return false;
    if (fd_ < 0) fail("make", errno);
    const auto& owner = settings_.owner;
    if (::fchown(fd_, owner.user, owner.group) != 0) fail("give an owner to", errno);
    if (::fchmod(fd_, settings_.mode) != 0) fail("give a mode to", errno);
    if (!settings_.sync) return true;
    const shared::UniqueFd folder(
        ::open(settings_.path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || ::fsync(folder.get()) != 0) fail("make durable the folder of", errno);
    return true;
}

void LogFile::open() {
    close();
    std::error_code error;
    fs::create_directories(settings_.path.parent_path(), error);
    if (error) fail("make the folder of", error.value());
    // Not to wait for the reader of a FIFO.
    if (!create())
        fd_ = ::open(settings_.path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd_ < 0) fail("open", errno);
    struct stat found {};
    if (::fstat(fd_, &found) != 0) fail("look at", errno);
    if (!S_ISREG(found.st_mode)) fail("append to what is not a regular file:", EINVAL);
    size_ = found.st_size;
    written_ = modified(found);
    drop_half_record();
}

/// A record that a crash cut off was not confirmed: all of it comes again.
void LogFile::drop_half_record() {
    constexpr std::int64_t most = 2 * 1024 * 1024; // No record is longer, in any format.
    std::array<char, 64 * 1024> block{};
    auto end = size_;
    while (end > 0) {
        if (size_ - end >= most) fail("append to what is not a log:", EINVAL);
        const auto begin = std::max<std::int64_t>(0, end - static_cast<std::int64_t>(block.size()));
        const auto wanted = static_cast<std::size_t>(end - begin);
        const auto got = ::pread(fd_, block.data(), wanted, begin);
        if (got != static_cast<ssize_t>(wanted)) fail("read the end of", got < 0 ? errno : EIO);
        const auto feed = std::string_view(block.data(), wanted).rfind('\n');
        if (feed != std::string_view::npos) {
            end = begin + static_cast<std::int64_t>(feed) + 1;
            break;
        }
        end = begin;
    }
    if (end != size_) cut_to(end);
}

void LogFile::cut_to(std::int64_t size) {
    if (::ftruncate(fd_, size) != 0) fail("cut half a record off", errno);
    size_ = size;
}

void LogFile::follow_path() {
    struct stat at_path {};
    struct stat mine {};
    const bool same = ::stat(settings_.path.c_str(), &at_path) == 0 && ::fstat(fd_, &mine) == 0 &&
                      at_path.st_dev == mine.st_dev && at_path.st_ino == mine.st_ino;
    if (!same) return open();
    size_ = mine.st_size; // Somebody may have emptied it.
    written_ = modified(mine);
}

bool LogFile::is_of_earlier_period() const {
    if (settings_.rotate_every == 0 || size_ == 0) return false;
    return written_ / settings_.rotate_every < settings_.now() / settings_.rotate_every;
}

void LogFile::rotate() {
    const Generations generations{settings_.path.string(), settings_.keep};
    if (settings_.compressor != nullptr) {
        const auto names = settings_.compressor->hold_names();
        generations.shift();
    } else {
        generations.shift();
    }
    open();
    if (settings_.compressor != nullptr) settings_.compressor->add(generations);
}

std::size_t LogFile::how_many_fit(std::span<const std::string_view> records) const {
    auto size = size_;
    std::size_t count = 0;
    for (const auto record : records) {
        size += static_cast<std::int64_t>(record.size());
        const bool alone = size_ == 0 && count == 0; // One that is larger than a file may be.
        if (size > settings_.max_size && !alone) break;
        ++count;
    }
    return count;
}

std::size_t LogFile::append(std::span<const std::string_view> records) {
    if (is_of_earlier_period()) rotate();
    auto fitting = how_many_fit(records);
    if (fitting == 0) {
        rotate();
        fitting = std::max<std::size_t>(1, how_many_fit(records));
    }
    return write(records.first(fitting));
}

std::size_t LogFile::write(std::span<const std::string_view> records) {
    const auto start = size_;
    const auto count = std::min<std::size_t>(records.size(), IOV_MAX);
    std::vector<iovec> parts(count);
    std::int64_t wanted = 0;
    for (std::size_t i = 0; i < count; ++i) {
        parts[i] = {const_cast<char*>(records[i].data()), records[i].size()};
        wanted += static_cast<std::int64_t>(records[i].size());
    }
    ssize_t written = 0;
    do {
        written = ::writev(fd_, parts.data(), static_cast<int>(count));
    } while (written < 0 && errno == EINTR);
    if (written < 0) fail("write", errno);
    size_ = start + written;
    written_ = settings_.now();

    std::size_t whole = count;
    if (written < wanted) { // The disk is full, or a limit was reached: keep the whole records.
        std::int64_t kept = 0;
        for (whole = 0; kept + static_cast<std::int64_t>(records[whole].size()) <= written; ++whole)
            kept += static_cast<std::int64_t>(records[whole].size());
        if (kept < written) cut_to(start + kept);
        if (whole == 0) fail("write", ENOSPC);
    }
    if (settings_.sync && ::fdatasync(fd_) != 0) {
        const int error = errno;
        cut_to(start); // What is on the disk is unknown: it comes again.
        fail("make durable", error);
    }
    return whole;
}

} // namespace cmw::file
