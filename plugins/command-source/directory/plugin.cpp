// SPDX-License-Identifier: Apache-2.0
#include "command-source/directory/source.hpp"

CMW_PLUGINS(cmw::command_directory::Source)
