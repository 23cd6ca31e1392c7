// SPDX-License-Identifier: Apache-2.0
#include "binary-source/s3/source.hpp"

CMW_PLUGINS(cmw::s3::Source)
