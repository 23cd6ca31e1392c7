// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/override-file/override_file.hpp"

CMW_PLUGINS(cmw::override_file::OverrideFile)
