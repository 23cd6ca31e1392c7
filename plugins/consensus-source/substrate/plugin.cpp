// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/substrate.hpp"

CMW_PLUGINS(cmw::substrate::Substrate)
