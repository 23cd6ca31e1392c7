// SPDX-License-Identifier: Apache-2.0
//
// legacy/conversion.hpp - from the flags of the old wrapper to a configuration of this one, with a
// word on each flag: the setting that it became, or why there is none. Pure.
#pragma once

#include "legacy/flags.hpp"
#include "legacy/unit_file.hpp"

#include <cstdint>

namespace cmw::legacy {

struct Request {
    std::string source; ///< "xxnetwork-node.service": what the flags come from, for the heading.
    Unit unit;          ///< As a default one if the flags do not come from a unit file.
    std::string secrets_folder; ///< Absolute: where the secrets will be.
    std::string state_dir;      ///< "": the usual one.
    std::string runtime_dir;    ///< "": the usual one.
};

/// A file of mode 0600 to be written into the folder of secrets.
struct Secret {
    std::string name;
    std::string value;
};

struct Conversion {
    std::string toml;
    std::vector<Secret> secrets;
    std::vector<std::string> notices; ///< What the operator should know or do; no secrets in it.
    std::map<std::uint32_t, std::string> origins; ///< By line of `toml`: "--log-path".
};

/// A problem is a value that this program cannot have in any setting; `where` is the flag.
tl::expected<Conversion, base::Problems> convert(const Flags& flags, const Request& request);

} // namespace cmw::legacy
