// SPDX-License-Identifier: Apache-2.0
//
// commands/judgement.hpp - whether a command file is to be carried out: is it whole, signed by the
// network, meant for this source, of this time, and not one of before? Pure.
//
// Whoever brings files may bring old ones, in any order and again and again: a source is not
// trusted. So a set is taken once, and none that is not newer than all that were taken.
#pragma once

#include "base/clock.hpp"
#include "commands/command_set.hpp"
#include "commands/signature.hpp"

#include <set>

namespace cmw::commands {

/// What has been taken from a source so far, over restarts.
struct Standing {
    double newest = 0;                    ///< Timestamp of the newest set, or of the first look.
    std::optional<std::int64_t> sequence; ///< The highest.
    std::set<std::string> taken;          ///< Digests of signed lines: the last of them.
};

struct Terms {
    std::string role;    ///< Of the source; "": none was said.
    bool strict = false; ///< Only sets with role, expires and sequence.
};

struct Judgement {
    enum class Kind {
        news,   ///< To be carried out.
        known,  ///< It was taken before.
        refused ///< It is not to be carried out: `why`.
    };
    Kind kind = Kind::refused;
    std::string why;    ///< Of `refused`: begins with "cannot".
    CommandSet set;     ///< Of `news`.
    std::string line;   ///< Likewise: as it was signed.
    std::string digest; ///< Of the line: names the set. "" if there is no line.
};

/// A set may be signed by a machine whose clock is this far ahead.
inline constexpr std::chrono::minutes clock_tolerance{10};

Judgement judge(std::string_view content, const Certificate& certificate, const Terms& terms,
                const Standing& standing, base::UnixTime now);

/// The digest of a signed line, in hexadecimal.
std::string digest_of_line(std::string_view line);

} // namespace cmw::commands
