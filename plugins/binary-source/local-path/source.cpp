// SPDX-License-Identifier: Apache-2.0
#include "binary-source/local-path/source.hpp"

#include "shared/template.hpp"

#include <cerrno>
#include <unistd.h>

namespace cmw::local_path {

namespace {

void copy(const Call& call, const std::filesystem::path& path, Writer& writer) {
    const File file(path);
    const auto size = file.size();
    auto at = writer.offset() <= size ? writer.offset() : 0;
    writer.begin(at, size);
    std::vector<std::byte> buffer(256 * 1024);
    while (at < size) {
        call.check();
        const auto wanted = std::min<std::uint64_t>(buffer.size(), size - at);
        const auto got = ::pread(file.fd(), buffer.data(), wanted, static_cast<off_t>(at));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            throw std::system_error(errno, std::generic_category(), "cannot read " + path.string());
        if (got == 0)
            throw Error(CMW_AGAIN, "cannot read all of " + path.string() + ": " +
                                       std::to_string(at) + " of " + std::to_string(size) +
                                       " bytes came");
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

/// Before looking, so that nothing comes unseen in between; also for what is there, which may be
/// another file than the host wants.
void Source::look_out(const std::filesystem::path& place) {
    try {
        watch_.look_out(place);
    } catch (const std::system_error& error) {
        host_.warn(std::string(error.what()) + ": it is looked at again from time to time");
    }
}

void Source::fetch(const Call& call, const cmw_config& use, const Artifact& artifact,
                   Writer& writer) {
    const auto of_use = use_settings<Source>(use);
    const auto& path = of_use.path ? of_use.path : settings_.path;
    if (!path) throw Error(CMW_CONFIG, "cannot tell where to look: path is not set");
    const std::filesystem::path place = shared::expand(
        path->string(), {{"target", std::string(artifact.target())}, {"digest", artifact.hex()}});
    look_out(place);
    std::error_code ignored;
    if (!std::filesystem::is_directory(place, ignored)) return copy(call, place, writer);
    look_out(place / artifact.target() / artifact.hex());
    copy(call, find_in(call, place, artifact, hashes_), writer);
}

} // namespace cmw::local_path
