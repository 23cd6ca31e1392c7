// SPDX-License-Identifier: Apache-2.0
#include "app/plugin_path.hpp"

#include "app/version.hpp"

#include <filesystem>

namespace cmw::app {

namespace fs = std::filesystem;

std::vector<std::string> default_plugin_path() {
    std::error_code error;
    return default_plugin_path(fs::read_symlink("/proc/self/exe", error).string());
}

std::vector<std::string> default_plugin_path(const std::string& program) {
    const auto folder = fs::path(program).parent_path();
    const auto above = folder.parent_path();
    std::error_code error;
    if (folder.filename() == "core" && fs::is_directory(above / "plugins", error))
        return {above / "plugins"};
    const auto beside = above / "lib" / "cmix-wrapper" / "plugins";
    if (fs::is_directory(beside, error)) return {beside};
    return {std::string(installed_plugins)};
}

} // namespace cmw::app
