// SPDX-License-Identifier: Apache-2.0
//
// The binary source "local-path": a file of this machine, or the one in a folder that has the
// digest. Files are copied, never moved or changed. What is not there is waited for: the host is
// told when something comes.
#pragma once

#include "binary-source/local-path/folder.hpp"
#include "binary-source/local-path/watch.hpp"

#include <cmw/binary_source.hpp>
#include <cmw/retry.hpp>

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
             .help = "A file, or a folder: then {digest} or {target}/{digest} in it, else any of "
                     "its files that hashes to the digest. {digest} and {target} may stand in it "
                     "too. Here or in each use."}),
    };
    static constexpr std::array use_options{
        option<&UseSettings::path>(
            {.name = "path", .help = "As the instance's path, which it takes the place of."}),
    };
    static void check(const Settings& settings);
    static void check_use(const Settings& settings, const UseSettings& use);

    Source(Settings settings, Host host) : settings_(std::move(settings)), host_(host) {}

    void fetch(const Call& call, const cmw_config& use, const Artifact& artifact,
               Writer& writer) override;

  private:
    void look_out(const std::filesystem::path& place);

    Settings settings_;
    Host host_;
    Hashes hashes_;
    Watch watch_{[this] { retry_now(host_); }};
};

} // namespace cmw::local_path
