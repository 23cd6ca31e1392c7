// SPDX-License-Identifier: Apache-2.0
#include "binary_store/notes.hpp"

#include "base/system.hpp"
#include "binary_store/storage_problem.hpp"

#include <cerrno>

namespace cmw::binary_store {

using namespace base;

Result<std::vector<std::string>> names_of_notes(const std::string& folder) {
    auto names = sys::list(folder);
    if (names) return std::move(*names);
    if (names.error() == ENOENT) return std::vector<std::string>();
    return fail(storage_problem(folder, "list the folder", names.error()));
}

Result<> forget_notes(const std::string& folder, const Digest& digest) {
    const auto names = names_of_notes(folder);
    if (!names) return fail(names.error());
    for (const auto& name : *names) {
        if (!name.starts_with(digest.name() + ".")) continue;
        const auto path = folder + "/" + name;
        const auto gone = sys::unlink(path);
        if (!gone && gone.error() != ENOENT)
            return fail(storage_problem(path, "remove the file", gone.error()));
    }
    return {};
}

} // namespace cmw::binary_store
