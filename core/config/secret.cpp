// SPDX-License-Identifier: Apache-2.0
#include "config/secret.hpp"

#include "base/system.hpp"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>

namespace cmw::config {

namespace {

namespace sys = base::sys;

constexpr std::size_t secret_limit = 64 * 1024;

tl::unexpected<Fault> fault(std::string what, std::string fix = {}) {
    return tl::unexpected(Fault{std::move(what), std::move(fix)});
}

tl::unexpected<Fault> unreadable(const std::string& path, int error) {
    return fault(base::system_problem({}, fmt::format("read the file {}", path), error).what,
                 "it must exist and the host's user must be able to read it");
}

tl::expected<std::string, Fault> read_environment(const std::string& variable) {
    const char* text = std::getenv(variable.c_str());
    if (text == nullptr)
        return fault(
            fmt::format("cannot read the environment variable {}: it is not set", variable),
            "set it in the environment of the host");
    return text;
}

tl::expected<std::string, Fault> read_file(const std::string& path, bool must_be_private) {
    // Not blocking: a FIFO must not stop a check.
    const auto file = sys::open(path, O_RDONLY | O_NONBLOCK);
    if (!file) return unreadable(path, file.error());
    const auto about = sys::fstat(file->get());
    if (!about) return unreadable(path, about.error());
    if (!S_ISREG(about->st_mode))
        return fault(fmt::format("cannot read the file {}: it is not a regular file", path),
                     "name a file that holds the text and nothing else");
    if (must_be_private && (about->st_mode & 077) != 0)
        return fault(fmt::format("cannot use the secret in {}: others than its owner may access it "
                                 "(mode {:04o})",
                                 path, about->st_mode & 07777),
                     fmt::format("run: chmod 600 {}", path));
    std::array<std::byte, 4096> buffer;
    std::string text;
    while (true) {
        const auto got = sys::read(file->get(), buffer);
        if (!got) return unreadable(path, got.error());
        if (*got == 0) break;
        text.append(reinterpret_cast<const char*>(buffer.data()), *got);
        if (text.size() > secret_limit) return unreadable(path, EFBIG);
    }
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    return text;
}

} // namespace

bool is_reference(const Node& node) {
    if (node.kind != Node::Kind::table || node.entries.size() != 1) return false;
    const auto& [key, position, value] = node.entries.front();
    return (key == "env" || key == "file") && value.kind == Node::Kind::string;
}

tl::expected<std::string, Fault> read_reference(const Node& node, const Document& document,
                                                bool must_be_private) {
    const auto& [key, position, value] = node.entries.front();
    auto text = key == "env"
                    ? read_environment(value.text)
                    : read_file(document.resolve(value.text, value.position), must_be_private);
    if (text && text->empty())
        return fault(fmt::format("cannot use what {} \"{}\" holds: it is empty",
                                 key == "env" ? "the environment variable" : "the file",
                                 value.text),
                     "put the value there");
    return text;
}

} // namespace cmw::config
