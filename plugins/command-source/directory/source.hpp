// SPDX-License-Identifier: Apache-2.0
//
// The command source "directory": files that somebody puts into a folder. It takes them as they are;
// the host checks who signed them.
#pragma once

#include <cmw/command_source.hpp>

#include <array>
#include <filesystem>
#include <map>
#include <memory>

namespace cmw::command_directory {

class Watch;

/// The first poll answers at once, the next ones when something changed since. Neither the folder
/// nor the file needs to be there: there are no files then. The path may be a symbolic link; a link
/// in the folder is passed over, since who may write there need not be who may read what it leads
/// to. What is passed over is told once in the log, until it changes: a link, what is no regular
/// file, one that is too large or cannot be read, and, when there are more than the host takes, the
/// first ones by name.
class Source final : public CommandSource {
  public:
    struct Settings {
        std::filesystem::path path;
        std::string pattern = "*.jsonl";
    };
    static constexpr About about{
        "directory", "0.1.0", "Takes the network's orders from files in a folder.", "Apache-2.0"};
    static constexpr std::array options{
        option<&Settings::path>(
            {.name = "path",
             .help = "Folder of the files, or one file; changes are noticed. Need not exist yet. "
                     "Symbolic links in the folder are not followed.",
             .required = true}),
        option<&Settings::pattern>(
            {.name = "pattern",
             .help = "Which files of the folder, as a shell has it (*, ?, [a-z]); of 256 KiB at "
                     "most.",
             .fallback = "*.jsonl"}),
    };
    static void check(const Settings& settings);

    Source(Settings settings, Host host);
    ~Source() override;

    void poll(const Call& call, Mailbox& mailbox) override;

  private:
    using Texts = std::map<std::string, std::string>; ///< By name, in its order.

    struct Found {
        Texts texts;
        std::size_t bytes = 0; ///< Of all texts.
    };

    Texts look();
    void read(const std::filesystem::path& file, int flags, Found& found);
    void pass_over(const std::string& name, const std::string& why);

    Settings settings_;
    Host host_;
    std::unique_ptr<Watch> watch_; ///< There from the first answer on.
    Texts passed_over_;            ///< Why, in this look and
    Texts told_;                   ///< in the last one.
};

} // namespace cmw::command_directory
