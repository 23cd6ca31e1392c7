// SPDX-License-Identifier: Apache-2.0
//
// The binary source "local-path": a file of this machine, or the one in a folder that is named by
// digest or target. Files are copied, never moved or changed.
#pragma once

#include <cmw/binary_source.hpp>

namespace cmw::local_path {

class Source final : public BinarySource {
  public:
    struct Settings {
        std::optional<std::filesystem::path> path;
    };
    using UseSettings = Settings;

    static constexpr About about{"local-path", "0.1.0", "Takes files of this machine.",
                                 "Apache-2.0"};
    static constexpr std::array options{
        option<&Settings::path>(
            {.name = "path",
             .help =
                 "A file, or a folder that holds {digest}, {target}/{digest} or {target}; these "
                 "two names may stand in it too. Here or in each use."}),
    };
    static constexpr std::array use_options{
        option<&UseSettings::path>(
            {.name = "path", .help = "As the instance's path, which it takes the place of."}),
    };
    static void check(const Settings& settings);
    static void check_use(const Settings& settings, const UseSettings& use);

    Source(Settings settings, Host) : settings_(std::move(settings)) {}

    void fetch(const Call& call, const cmw_config& use, const Artifact& artifact,
               Writer& writer) override;

  private:
    Settings settings_;
};

} // namespace cmw::local_path
