// SPDX-License-Identifier: Apache-2.0
//
// app/plugin_path.hpp - where plugins are if the configuration does not say it: beside the program,
// so that a build folder and an unpacked archive work without one.
#pragma once

#include <string>
#include <vector>

namespace cmw::app {

/// For the running program.
std::vector<std::string> default_plugin_path();

/// For `program`, an absolute path without links: BUILD/plugins of BUILD/core/PROGRAM, else
/// PREFIX/lib/cmix-wrapper/plugins of PREFIX/bin/PROGRAM, else where the build says.
std::vector<std::string> default_plugin_path(const std::string& program);

} // namespace cmw::app
