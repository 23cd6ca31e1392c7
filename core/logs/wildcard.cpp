// SPDX-License-Identifier: Apache-2.0
#include "logs/wildcard.hpp"

#include "logs/generations.hpp"

#include <algorithm>
#include <filesystem>
#include <fnmatch.h>

namespace cmw::logs {

namespace {

bool is_compressed(std::string_view name) {
    for (const std::string_view ending : {".gz", ".xz", ".zst", ".bz2", ".lz4"})
        if (name.ends_with(ending)) return true;
    return false;
}

} // namespace

std::vector<std::string> new_logs(const std::string& pattern, const std::vector<std::string>& names,
                                  const std::vector<std::string>& known) {
    const auto last = std::filesystem::path(pattern).filename().string();
    std::vector<std::string> fitting;
    for (const auto& name : names)
        if (::fnmatch(last.c_str(), name.c_str(), FNM_PERIOD) == 0 && !is_compressed(name))
            fitting.push_back(name);
    std::vector<std::string> found;
    for (const auto& name : fitting) {
        const auto older = [&](const std::string& live) { return is_older_generation(name, live); };
        if (std::ranges::count(known, name) == 0 && std::ranges::none_of(fitting, older) &&
            std::ranges::none_of(known, older))
            found.push_back(name);
    }
    std::ranges::sort(found);
    return found;
}

} // namespace cmw::logs
