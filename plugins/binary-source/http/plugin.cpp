// SPDX-License-Identifier: Apache-2.0
#include "binary-source/http/source.hpp"

CMW_PLUGINS(cmw::http::Source)
