// SPDX-License-Identifier: Apache-2.0
//
// override-file/override_file.hpp - the consensus source of operators who choose for themselves.
#pragma once

#include "consensus-source/override-file/hashes.hpp"
#include "shared/digest_option.hpp"

#include <cmw/consensus_source.hpp>

#include <array>
#include <memory>

namespace cmw::shared {
class FileWatch;
}

namespace cmw::override_file {

struct Settings {
    std::filesystem::path path;
    std::string algorithm = "blake2s-256";
};

class OverrideFile final : public ConsensusSource {
  public:
    using Settings = override_file::Settings;
    static constexpr About about{"override-file", "0.1.0",
                                 "Hashes from a JSON file of the operator's, instead of the "
                                 "network's.",
                                 "Apache-2.0"};
    static constexpr std::array options{
        option<&Settings::path>(
            {.name = "path",
             .help = "File whose first line, or all of it, is a JSON object of field to hash, as "
                     "the chain has it; changes are noticed. Others must not be able to write it.",
             .required = true}),
        option<&Settings::algorithm>({.name = "algorithm",
                                      .help = "Digest algorithm of the hashes.",
                                      .fallback = "blake2s-256",
                                      .choices = shared::digest_algorithms}),
    };

    OverrideFile(Settings settings, Host host);
    ~OverrideFile() override;

    void poll(const Call& call, Verdict& verdict) override;

  private:
    /// Block until the file says something else than was told.
    void wait_for_change(const Call& call);
    /// Read the file anew. Throws cmw::Error that names it.
    Hashes read();

    Settings settings_;
    Host host_;
    std::unique_ptr<shared::FileWatch> watch_; ///< There from the first answer on.
    Hashes hashes_;
    std::string modified_;
};

} // namespace cmw::override_file
