// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/cosmos/cosmos.hpp"

CMW_PLUGINS(cmw::cosmos::Cosmos)
