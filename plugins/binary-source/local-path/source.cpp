// SPDX-License-Identifier: Apache-2.0
#include "binary-source/local-path/source.hpp"

#include "shared/template.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cmw::local_path {

namespace {

/// An open file that is closed.
class File {
  public:
    explicit File(int fd) : fd_(fd) {}
    File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }
    int fd() const { return fd_; }

  private:
    int fd_;
};

[[noreturn]] void fail(const std::string& path, int error) {
    throw std::system_error(error, std::generic_category(), "cannot read " + path);
}

bool is_missing(int error) {
    return error == ENOENT || error == ENOTDIR;
}

/// The mode of what is at `path`, links followed; 0 if nothing is.
mode_t mode_of(const std::string& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) == 0) return found.st_mode;
    if (is_missing(errno)) return 0;
    fail(path, errno);
}

[[noreturn]] void refuse(const std::string& path) {
    throw Error(CMW_FAILED, "cannot read " + path + ": it is not a regular file");
}

/// A regular file. Anything else could block, or act when it is opened.
File open_regular(const std::string& path, std::uint64_t& size) {
    if (!S_ISREG(mode_of(path))) refuse(path);
    File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (file.fd() < 0) fail(path, errno);
    struct stat found {};
    if (::fstat(file.fd(), &found) != 0) fail(path, errno);
    if (!S_ISREG(found.st_mode)) refuse(path); // Replaced meanwhile.
    size = static_cast<std::uint64_t>(found.st_size);
    return file;
}

/// The file to take. Throws CMW_NOT_FOUND with all that was tried.
std::string find(const std::string& path, const std::string& target, const std::string& digest) {
    const auto mode = mode_of(path);
    if (mode == 0) throw Error(CMW_NOT_FOUND, "cannot find " + path);
    if (!S_ISDIR(mode)) return path;
    std::string tried;
    for (const auto& name : {digest, target + "/" + digest, target}) {
        const auto candidate = (std::filesystem::path(path) / name).string();
        const auto found = mode_of(candidate);
        if (found != 0 && !S_ISDIR(found)) return candidate;
        tried += (tried.empty() ? "" : ", ") + name;
    }
    throw Error(CMW_NOT_FOUND, "cannot find the artifact in " + path + ": tried " + tried);
}

void copy(const Call& call, const std::string& path, Writer& writer) {
    std::uint64_t size = 0;
    const auto file = open_regular(path, size);
    auto at = writer.offset() <= size ? writer.offset() : 0;
    writer.begin(at, size);
    std::vector<std::byte> buffer(256 * 1024);
    while (at < size) {
        call.check();
        const auto wanted = std::min<std::uint64_t>(buffer.size(), size - at);
        const auto got = ::pread(file.fd(), buffer.data(), wanted, static_cast<off_t>(at));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail(path, errno);
        if (got == 0)
            throw Error(CMW_AGAIN, "cannot read all of " + path + ": " + std::to_string(at) +
                                       " of " + std::to_string(size) + " bytes came");
        const auto count = static_cast<std::size_t>(got);
        writer.write(std::span(buffer).first(count));
        at += count;
    }
}

void check_template(const std::optional<std::filesystem::path>& path) {
    if (path) shared::expand(path->string(), {{"target", ""}, {"digest", ""}});
}

} // namespace

void Source::check(const Settings& settings) {
    check_template(settings.path);
}

void Source::check_use(const Settings& settings, const UseSettings& use) {
    check_template(use.path);
    if (!settings.path && !use.path)
        throw Error(CMW_CONFIG, "cannot tell where to look: set path, here or in the source");
}

void Source::fetch(const Call& call, const cmw_config& use, const Artifact& artifact,
                   Writer& writer) {
    const auto of_use = use_settings<Source>(use);
    const std::string target(artifact.target());
    const auto& path = of_use.path ? of_use.path : settings_.path;
    if (!path) throw Error(CMW_CONFIG, "cannot tell where to look: path is not set");
    const auto place =
        shared::expand(path->string(), {{"target", target}, {"digest", artifact.hex()}});
    copy(call, find(place, target, artifact.hex()), writer);
}

} // namespace cmw::local_path
