// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/override-file/override_file.hpp"

#include "shared/file_watch.hpp"

#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cmw::override_file {
namespace {

// A record of a hundred fields is a hundredth of it.
constexpr std::size_t largest_file = 1u << 20;

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

std::string read_all(int fd, const std::string& name) {
    std::string text;
    char buffer[4096];
    while (true) {
        const auto count = ::read(fd, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("cannot read " + name);
        if (count == 0) return text;
        text.append(buffer, static_cast<std::size_t>(count));
        if (text.size() > largest_file)
            throw Error(CMW_INVALID, "cannot use " + name + ": it is larger than 1 MiB");
    }
}

/// In UTC: "2026-01-01T00:00:00Z".
std::string time_text(std::time_t time) {
    std::tm utc{};
    char text[32] = "";
    if (::gmtime_r(&time, &utc) != nullptr) (void)std::strftime(text, sizeof text, "%FT%TZ", &utc);
    return text;
}

} // namespace

OverrideFile::OverrideFile(Settings settings, Host host)
    : settings_(std::move(settings)), host_(host) {}

OverrideFile::~OverrideFile() = default;

void OverrideFile::poll(const Call& call, Verdict& verdict) {
    if (watch_) {
        wait_for_change(call);
    } else {
        // Watch first: what changes between the two is seen later, instead of never.
        auto watch = std::make_unique<shared::FileWatch>(settings_.path);
        hashes_ = read();
        watch_ = std::move(watch);
    }
    verdict.run(0);
    for (const auto& [target, hash] : hashes_) verdict.approve(target, settings_.algorithm, hash);
    verdict.fact("file", settings_.path.string());
    verdict.fact("modified", modified_);
}

void OverrideFile::wait_for_change(const Call& call) {
    while (true) {
        const auto change = watch_->wait(call);
        if (!watch_->current()) watch_ = std::make_unique<shared::FileWatch>(settings_.path);
        try {
            auto hashes = read();
            if (hashes == hashes_) continue;
            hashes_ = std::move(hashes);
            return;
        } catch (const Error& e) {
            // It is being written: the last answer stands until the writer is done.
            if (change == shared::Change::Settled || e.status() != CMW_INVALID) throw;
        }
    }
}

Hashes OverrideFile::read() {
    const auto name = settings_.path.string();
    // Without blocking, should somebody have put a pipe there.
    const Descriptor file(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) fail("cannot open " + name);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) fail("cannot look at " + name);
    if (!S_ISREG(status.st_mode))
        throw Error(CMW_FAILED, "cannot use " + name + ": it is not a regular file");
    if ((status.st_mode & S_IWOTH) != 0)
        throw Error(CMW_DENIED,
                    "cannot trust " + name + ": anyone may write it; run chmod o-w on it");
    const auto text = read_all(file.get(), name);
    try {
        auto hashes = parse_hashes(text);
        modified_ = time_text(status.st_mtim.tv_sec);
        return hashes;
    } catch (const Error& e) {
        throw Error(e.status(), "cannot use " + name + ": " + e.what());
    }
}

} // namespace cmw::override_file
