// SPDX-License-Identifier: Apache-2.0
//
// support/test_data.hpp - data of the live network that is too large, or not ours, to be kept in
// the repository: in the folder $CMIX_WRAPPER_TEST_DATA, else in ../shared/data beside the sources.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace cmw::test {

/// The content of one of its files, unpacked if it ends in ".xz"; nothing, and a line that says
/// so, if it cannot be had. `source_root` is CMW_SOURCE_ROOT of the build.
inline std::optional<std::string> test_data(const std::string& name,
                                            const std::string& source_root) {
    const char* folder = std::getenv("CMIX_WRAPPER_TEST_DATA");
    const auto path =
        std::filesystem::path(folder != nullptr ? folder : source_root + "/../shared/data") / name;
    if (!std::filesystem::exists(path)) {
        std::printf("skipped: %s is missing; set CMIX_WRAPPER_TEST_DATA to its folder\n",
                    path.c_str());
        return std::nullopt;
    }
    if (path.extension() != ".xz") {
        std::ostringstream text;
        text << std::ifstream(path, std::ios::binary).rdbuf();
        return text.str();
    }
    const auto command = "xz -dc '" + path.string() + "'";
    std::FILE* pipe = ::popen(command.c_str(), "re");
    if (pipe == nullptr) return std::nullopt;
    std::string text;
    char buffer[65536];
    while (const auto count = std::fread(buffer, 1, sizeof buffer, pipe))
        text.append(buffer, count);
    if (::pclose(pipe) == 0) return text;
    std::printf("skipped: cannot unpack %s: is xz-utils installed?\n", path.c_str());
    return std::nullopt;
}

} // namespace cmw::test
