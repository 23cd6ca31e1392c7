// SPDX-License-Identifier: Apache-2.0
#include "binary_store/uses.hpp"

#include "base/system.hpp"
#include "binary_store/notes.hpp"
#include "binary_store/storage_problem.hpp"

#include <fcntl.h>

namespace cmw::binary_store {

using namespace base;

namespace {

constexpr mode_t mode_of_notes = 0600;

UnixTime modified(const struct stat& found) {
    return UnixTime(std::chrono::seconds(found.st_mtim.tv_sec) +
                    Nanoseconds(found.st_mtim.tv_nsec));
}

} // namespace

Result<> Uses::note(const Digest& digest, const std::string& component) const {
    const auto path = folder_ + "/" + digest.name() + "." + component;
    // A byte written over itself moves the time.
    const auto noted = sys::open(path, O_WRONLY | O_CREAT | O_NOFOLLOW, mode_of_notes)
                           .and_then([](const UniqueFd& file) {
                               static constexpr std::byte line_feed{'\n'};
                               return sys::pwrite_all(file.get(), {&line_feed, 1}, 0);
                           });
    if (noted) return {};
    return fail(storage_problem(path, "note the use of an artifact", noted.error()));
}

Result<std::map<Digest, Uses::Times>> Uses::all() const {
    const auto names = names_of_notes(folder_);
    if (!names) return fail(names.error());
    std::map<Digest, Times> uses;
    for (const auto& name : *names) {
        const auto dot = name.find('.');
        if (dot == std::string::npos) continue;
        const auto digest = parse_digest_name(name.substr(0, dot));
        const auto found = sys::lstat(folder_ + "/" + name);
        if (digest && found) uses[*digest][name.substr(dot + 1)] = modified(*found);
    }
    return uses;
}

Result<> Uses::forget(const Digest& digest) const {
    return forget_notes(folder_, digest);
}

} // namespace cmw::binary_store
