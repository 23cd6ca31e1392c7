// SPDX-License-Identifier: Apache-2.0
#include "generations.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace cmw::file {

namespace {

constexpr std::array forms{"", ".gz", ".zst"};

[[noreturn]] void fail(const char* verb, const std::string& path) {
    throw std::system_error(errno, std::generic_category(),
                            std::string("cannot ") + verb + " " + path);
}

void remove(const std::string& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail("remove", path);
}

void rename(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) fail("rename", from);
}

bool same_file(const std::string& path, const struct stat& wanted) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 && found.st_dev == wanted.st_dev &&
           found.st_ino == wanted.st_ino;
}

} // namespace

void Generations::shift() const {
    if (keep == 0) return remove(path);
    for (const auto* form : forms) remove(name(keep) + form);
    for (auto number = keep; number > 1; --number)
        for (const auto* form : forms) rename(name(number - 1) + form, name(number) + form);
    rename(path, name(1));
}

std::optional<Generations::Plain> Generations::next_plain(Compression how) const {
    for (auto number = keep; number > 0; --number) {
        const auto plain = name(number);
        shared::UniqueFd fd(::open(plain.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
        struct stat found {};
        if (!fd || ::fstat(fd.get(), &found) != 0 || !S_ISREG(found.st_mode)) continue;
        if (::access((plain + std::string(suffix(how))).c_str(), F_OK) == 0)
            remove(plain);
        else
            return Plain{std::move(fd), plain};
    }
    return std::nullopt;
}

void Generations::replace_plain(int fd, const std::string& made, Compression how) const {
    struct stat mine {};
    if (::fstat(fd, &mine) != 0) fail("look at", path);
    for (std::int64_t number = 1; number <= keep; ++number) {
        if (!same_file(name(number), mine)) continue;
        rename(made, name(number) + std::string(suffix(how)));
        return remove(name(number));
    }
    remove(made);
}

} // namespace cmw::file
