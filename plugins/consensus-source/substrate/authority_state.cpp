// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/authority_state.hpp"

#include "shared/hex.hpp"

#include <cmw/error.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <sstream>
#include <unistd.h>

namespace cmw::substrate {
namespace {

constexpr std::string_view title =
    "# What is proven of the chain. Without this file, trust begins again at the checkpoint.\n";
constexpr std::string_view checksum = "checksum ";

std::string sum_of(std::string_view text) {
    return shared::to_hex(
        blake2b_256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
}

[[noreturn]] void refuse() {
    throw Error(CMW_INVALID, "cannot use what was kept of the chain's authorities: it is not what "
                             "was written");
}

Hash parse_hash(std::string_view text) {
    const auto bytes = shared::from_hex(text);
    Hash hash{};
    if (!bytes || bytes->size() != hash.size()) refuse();
    std::ranges::copy(*bytes, hash.begin());
    return hash;
}

std::uint64_t parse_number(std::string_view text) {
    std::uint64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || at != end) refuse();
    return number;
}

/// Of one system call and the next; says what failed at which file.
class File {
  public:
    File(const std::string& path, int flags)
        : path_(path), fd_(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600)) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }

    int fd() const noexcept { return fd_; }
    [[noreturn]] void fail(const char* what) const {
        throw Error(CMW_AGAIN,
                    std::string("cannot ") + what + " " + path_ + ": " + std::strerror(errno));
    }
    void sync() const {
        if (::fsync(fd_) != 0) fail("sync");
    }
    void write_all(std::string_view text) const {
        while (!text.empty()) {
            const auto wrote = ::write(fd_, text.data(), text.size());
            if (wrote < 0 && errno == EINTR) continue;
            if (wrote < 0) fail("write");
            text.remove_prefix(static_cast<std::size_t>(wrote));
        }
    }
    std::string read_all() const {
        std::string text;
        char buffer[4096];
        while (true) {
            const auto got = ::read(fd_, buffer, sizeof buffer);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) fail("read");
            if (got == 0) return text;
            text.append(buffer, static_cast<std::size_t>(got));
        }
    }

  private:
    std::string path_;
    int fd_;
};

} // namespace

std::string to_text(const AuthorityState& state) {
    std::ostringstream text;
    text << title << "checkpoint " << shared::to_hex(state.checkpoint) << "\nset " << state.set.id
         << "\nsince " << state.since << ' ' << shared::to_hex(state.since_hash) << "\nread "
         << state.read << '\n';
    for (const auto& [key, weight] : state.set.authorities)
        text << "authority " << shared::to_hex(key) << ' ' << weight << '\n';
    return text.str() + std::string(checksum) + sum_of(text.str()) + '\n';
}

AuthorityState parse_authority_state(const std::string& text) {
    const auto end = text.rfind(checksum);
    if (end == std::string::npos) refuse();
    const auto body = text.substr(0, end);
    if (text.substr(end) != std::string(checksum) + sum_of(body) + '\n') refuse();
    AuthorityState state;
    std::istringstream lines(body);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string name;
        std::string first;
        std::string second;
        words >> name >> first >> second;
        if (name == "checkpoint") state.checkpoint = parse_hash(first);
        if (name == "set") state.set.id = parse_number(first);
        if (name == "since") {
            state.since = parse_number(first);
            state.since_hash = parse_hash(second);
        }
        if (name == "read") state.read = parse_number(first);
        if (name == "authority")
            state.set.authorities.push_back({parse_hash(first), parse_number(second)});
    }
    return state;
}

std::optional<AuthorityState> load_authority_state(const std::string& path) {
    const File file(path, O_RDONLY);
    if (file.fd() < 0 && errno == ENOENT) return std::nullopt;
    if (file.fd() < 0) file.fail("open");
    return parse_authority_state(file.read_all());
}

void save_authority_state(const std::string& path, const AuthorityState& state) {
    const auto draft = path + ".new";
    {
        const File file(draft, O_WRONLY | O_CREAT | O_TRUNC);
        if (file.fd() < 0) file.fail("create");
        file.write_all(to_text(state));
        file.sync();
    }
    const File folder(path.substr(0, path.find_last_of('/')), O_RDONLY | O_DIRECTORY);
    if (::rename(draft.c_str(), path.c_str()) != 0) folder.fail("put a new file in");
    if (folder.fd() < 0) folder.fail("open");
    folder.sync();
}

} // namespace cmw::substrate
