// SPDX-License-Identifier: Apache-2.0
#include "command-source/s3/source.hpp"

CMW_PLUGINS(cmw::command_s3::Source)
