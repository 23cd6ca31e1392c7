// SPDX-License-Identifier: Apache-2.0
//
// cosmos/record.hpp - what is kept over restarts: the chain names a digest once, in a file that the
// next upgrade overwrites and a reset deletes.
#pragma once

#include "consensus-source/cosmos/binary.hpp"
#include "consensus-source/cosmos/plan.hpp"

#include <optional>
#include <string>

namespace cmw::cosmos {

/// An upgrade-info.json that did not prove yet that the node halted for it.
struct Noted {
    enum class As {
        Silent, ///< The node did not answer where it is.
        Early,  ///< The node was below the height.
        Older,  ///< It was there when the operator gave the digest that is approved.
    };
    Plan plan;
    std::string stamp; ///< Tells a file that was written again.
    As as = As::Silent;

    bool operator==(const Noted&) const = default;
};

struct Record {
    std::string base;               ///< The option 'digest' that it began with; "": none.
    std::optional<Binary> approved; ///< What is to run.
    std::string upgrade;            ///< The last one taken; "": none yet.
    std::uint64_t height = 0;       ///< Its height. What is not above it is history.
    std::string missing;            ///< Why the last upgrade approves nothing; "" if it does.
    std::optional<Plan> due;        ///< The node waits for it; its binary is not known yet.
    std::optional<Noted> noted;
    std::optional<Plan> planned; ///< By the chain, when the node answered last.

    bool operator==(const Record&) const = default;
};

/// Nothing if there is none. Throws cmw::Error that names the file and says what to do if it cannot
/// be read: to begin anew by itself could put an old program on a newer chain.
std::optional<Record> load_record(const std::string& path);

/// Replaces it so that after a crash there is the old or the new one, whole. Throws
/// std::system_error that names the file.
void save_record(const std::string& path, const Record& record);

/// As in the file. from_json throws cmw::Error(CMW_INVALID).
std::string to_json(const Record& record);
Record from_json(const std::string& text);

} // namespace cmw::cosmos
