// SPDX-License-Identifier: Apache-2.0
//
// substrate/block.hpp - one finalised block that is read.
#pragma once

#include "consensus-source/substrate/chain_answers.hpp"

namespace cmw::substrate {

struct Block {
    Head head;
    std::string hash;
    /// The block after which the runtime was in force that executed this one: its parent. An
    /// upgrade enacted by a block lays the storage out anew only with the next.
    std::string executed_by;
};

} // namespace cmw::substrate
