// SPDX-License-Identifier: Apache-2.0
//
// app/environment_check.hpp - whether the machine is as the configuration takes it to be: folders,
// programs, permissions. Looks, and changes nothing; judged for the user that asks.
#pragma once

#include "config/document.hpp"
#include "config/settings.hpp"

namespace cmw::app {

/// Folders that cannot be used, programs that cannot be run, each with the setting's position.
/// Programs are judged only if the settings are `complete`: a component that could not be read
/// may be the one that installs them.
base::Problems environment_problems(const config::Settings& settings, bool complete);

/// Secrets that stand in a file which everybody may read.
base::Problems exposed_secrets(const config::Document& document, const config::Settings& settings);

} // namespace cmw::app
