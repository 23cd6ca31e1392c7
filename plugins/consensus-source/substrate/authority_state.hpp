// SPDX-License-Identifier: Apache-2.0
//
// substrate/authority_state.hpp - which authorities are trusted, kept over restarts in a file of
// the plugin's state folder. It goes forward only, from the checkpoint that the operator named.
#pragma once

#include "consensus-source/substrate/grandpa.hpp"

#include <string>

namespace cmw::substrate {

struct AuthorityState {
    Hash checkpoint{}; ///< The block with which trust began.
    AuthoritySet set;
    std::uint64_t since = 0; ///< The set decides on blocks after this one,
    Hash since_hash{};       ///< which is itself final.
    std::uint64_t read = 0;  ///< The newest block that was read; none before it is again.

    bool operator==(const AuthorityState&) const = default;
};

/// Lines of text, closed by a checksum.
std::string to_text(const AuthorityState& state);
/// Throws cmw::Error(CMW_INVALID) if a single character of it is not as it was written.
AuthorityState parse_authority_state(const std::string& text);

/// Nothing if there is no such file. Throws cmw::Error: CMW_INVALID as above, CMW_AGAIN if it
/// cannot be read.
std::optional<AuthorityState> load_authority_state(const std::string& path);
/// Replaces the file in one step, also over a loss of power. Throws cmw::Error(CMW_AGAIN).
void save_authority_state(const std::string& path, const AuthorityState& state);

} // namespace cmw::substrate
