// SPDX-License-Identifier: Apache-2.0
//
// container/use_settings.hpp - the options of a service's use of the runner.
#pragma once

#include <cmw/options.hpp>

namespace cmw::container {

struct UseSettings {
    std::string image;
    std::optional<std::filesystem::path> image_manifest;
    bool image_by_tag = false;
    std::string pull = "missing";
    bool mount_program = true;
    std::vector<std::string> mounts;
    std::vector<std::string> tmpfs;
    std::string network;
    std::vector<std::string> ports;
    std::string user;
    std::optional<Bytes> memory_max;
    std::optional<std::int64_t> cpu_max;
    std::optional<std::int64_t> pids_max;
    std::map<std::string, std::string> limits;
    std::optional<std::vector<std::string>> capabilities;
    bool no_new_privileges = true;
    bool read_only = false;
    bool init = false;
};

inline constexpr const char* pull_choices[] = {"missing", "never", nullptr};

inline constexpr std::array use_options{
    option<&UseSettings::image>(
        {.name = "image",
         .help = "Image by its digest, \"registry/name@sha256:...\", or by its id, \"sha256:...\".",
         .required = true}),
    option<&UseSettings::image_manifest>(
        {.name = "image-manifest",
         .help = "File of a component that is the image's manifest: its SHA-256 is the image's "
                 "digest, and \"image\" is then the name alone, \"registry/name\"."}),
    option<&UseSettings::image_by_tag>(
        {.name = "image-by-tag",
         .help = "Whether \"image\" may be a tag, which others can point at another image at any "
                 "time.",
         .fallback = "false"}),
    option<&UseSettings::pull>(
        {.name = "pull",
         .help = "Whether the engine fetches an image that is \"missing\", which is part of the "
                 "start and of its deadline, or \"never\" does.",
         .fallback = "missing",
         .choices = pull_choices}),
    option<&UseSettings::mount_program>(
        {.name = "mount-program",
         .help = "Whether the program is a file of this machine that the container sees, at the "
                 "same path and read-only; else the command's program is the image's own.",
         .fallback = "true"}),
    option<&UseSettings::mounts>(
        {.name = "mounts",
         .help = "Folders, files and volumes that it sees: \"/on/this/machine:/in/it\", "
                 "\"volume:/in/it\", read-only with \":ro\" at the end."}),
    option<&UseSettings::tmpfs>(
        {.name = "tmpfs", .help = "Folders in memory that go as it ends: [\"/tmp\"]."}),
    option<&UseSettings::network>(
        {.name = "network",
         .help = "Network by name; \"host\": this machine's own; \"none\". The engine's default "
                 "network by default."}),
    option<&UseSettings::ports>(
        {.name = "ports",
         .help = "Ports of this machine that lead to it: \"[ADDRESS:]PORT:PORT-IN-IT[/udp]\"."}),
    option<&UseSettings::user>(
        {.name = "user",
         .help = "User to run the program as, \"user[:group]\", names as the image has them. The "
                 "image's own by default, which often is root."}),
    option<&UseSettings::memory_max>(
        {.name = "memory-max",
         .help = "Memory that it may have with all that it starts, without swap; beyond it the "
                 "kernel kills.",
         .minimum = "6MiB"}),
    option<&UseSettings::cpu_max>(
        {.name = "cpu-max",
         .help = "Time of processors at most, in percent of one: 150 is one and a half.",
         .minimum = "1",
         .maximum = "1000000"}),
    option<&UseSettings::pids_max>({.name = "pids-max",
                                    .help = "Processes and threads that it may have.",
                                    .minimum = "1",
                                    .maximum = "4194304"}),
    option<&UseSettings::limits>(
        {.name = "limits",
         .help = "Resource limits by their names in setrlimit(2), soft and hard: "
                 "{ nofile = \"65536\", core = \"0\", memlock = \"unlimited\" }."}),
    option<&UseSettings::capabilities>(
        {.name = "capabilities",
         .help = "Keep these, as [\"net_bind_service\"], and drop all others. The engine's own "
                 "list by default."}),
    option<&UseSettings::no_new_privileges>(
        {.name = "no-new-privileges",
         .help = "Whether the program and all that it starts can gain no rights by executing "
                 "set-user-id files or files with capabilities.",
         .fallback = "true"}),
    option<&UseSettings::read_only>(
        {.name = "read-only",
         .help = "Whether it may write to nothing but its mounts and tmpfs.",
         .fallback = "false"}),
    option<&UseSettings::init>(
        {.name = "init",
         .help = "Whether a small init of the engine's comes before the program, for one that does "
                 "not heed SIGTERM as the first process or leaves children.",
         .fallback = "false"}),
};

} // namespace cmw::container
