// SPDX-License-Identifier: Apache-2.0
#include "shared/small_file.hpp"

#include <cmw/error.hpp>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace cmw::shared {
namespace {

class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const noexcept { return fd_; }

  private:
    int fd_;
};

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

/// Of a regular file.
struct stat status_of(int fd, const std::string& name) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) fail("cannot look at " + name);
    if (!S_ISREG(status.st_mode))
        throw Error(CMW_FAILED, "cannot use " + name + ": it is not a regular file");
    return status;
}

std::string stamp_of(const struct stat& status) {
    return std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec) +
           "/" + std::to_string(status.st_ino) + "/" + std::to_string(status.st_size);
}

std::string read_all(int fd, const std::string& name, std::size_t largest) {
    std::string text;
    char buffer[4096];
    while (true) {
        const auto count = ::pread(fd, buffer, sizeof buffer, static_cast<off_t>(text.size()));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("cannot read " + name);
        if (count == 0) return text;
        text.append(buffer, static_cast<std::size_t>(count));
        if (text.size() > largest)
            throw Error(CMW_INVALID, "cannot use " + name + ": it is larger than " +
                                         std::to_string(largest) + " bytes");
    }
}

void write_all(int fd, std::string_view text, const std::string& name) {
    while (!text.empty()) {
        const auto count = ::write(fd, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("cannot write " + name);
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

} // namespace

std::optional<SmallFile> read_small_file(const std::string& path, std::size_t largest,
                                         int more_flags) {
    // Without blocking, should somebody have put a pipe there.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | more_flags));
    if (file.get() < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
    if (file.get() < 0) fail("cannot open " + path);
    // What is written meanwhile must not get the stamp of what was there before.
    for (int attempt = 0; attempt < 10; ++attempt) {
        const auto before = status_of(file.get(), path);
        auto stamp = stamp_of(before);
        auto text = read_all(file.get(), path, largest);
        if (stamp_of(status_of(file.get(), path)) == stamp)
            return SmallFile{std::move(text), std::move(stamp), before.st_mode,
                             before.st_mtim.tv_sec};
    }
    throw Error(CMW_AGAIN, "cannot read " + path + ": it changes all the time");
}

void replace_small_file(const std::string& path, const std::string& text) {
    const auto folder = std::filesystem::path(path).parent_path();
    const auto beside = path + ".new";
    {
        const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
        const Descriptor file(::open(beside.c_str(), flags, 0600));
        if (file.get() < 0) fail("cannot make " + beside);
        write_all(file.get(), text, beside);
        if (::fsync(file.get()) != 0) fail("cannot write " + beside);
    }
    if (::rename(beside.c_str(), path.c_str()) != 0) fail("cannot replace " + path);
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.get() < 0 || ::fsync(opened.get()) != 0) fail("cannot sync " + folder.string());
}

} // namespace cmw::shared
