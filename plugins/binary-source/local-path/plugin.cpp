// SPDX-License-Identifier: Apache-2.0
#include "binary-source/local-path/source.hpp"

CMW_PLUGINS(cmw::local_path::Source)
