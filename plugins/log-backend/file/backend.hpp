// SPDX-License-Identifier: Apache-2.0
//
// file/backend.hpp - log-backend "file": appends the records of each stream to a file of its own.
#pragma once

#include "log_file.hpp"

#include <cmw/log_backend.hpp>
#include <cmw/options.hpp>

#include <map>
#include <memory>
#include <vector>

namespace cmw::file {

class FileBackend final : public LogBackend {
  public:
    struct Settings {
        std::filesystem::path path;
        Bytes max_size{};
        std::int64_t keep = 0;
        bool sync = false;
        std::string format;
        std::string mode;
        std::string compress = "none";
        std::optional<std::chrono::nanoseconds> rotate_every;
        std::string owner;
        std::string group;
    };
    struct UseSettings {
        std::optional<std::filesystem::path> path;
    };

    static constexpr About about{
        "file", "0.1.0", "Appends records to files, rotated by size and time.", "Apache-2.0"};
    static constexpr const char* formats[] = {"raw", "text", "json", nullptr};
    static constexpr const char* compressions[] = {"none", "gzip", "zstd", nullptr};
    static constexpr std::array options{
        option<&Settings::path>(
            {.name = "path",
             .help = "File to append to; {stream} stands for the stream's name.",
             .required = true}),
        option<&Settings::max_size>({.name = "max-size",
                                     .help = "A file is rotated before it would be larger.",
                                     .fallback = "100MiB",
                                     .minimum = "4KiB"}),
        option<&Settings::keep>({.name = "keep",
                                 .help = "Rotated files to keep, path.1 being the youngest.",
                                 .fallback = "5",
                                 .minimum = "0",
                                 .maximum = "1000"}),
        option<&Settings::sync>({.name = "sync",
                                 .help = "Make each batch durable before it counts as delivered.",
                                 .fallback = "false"}),
        option<&Settings::format>(
            {.name = "format",
             .help = "raw: the lines as they were; text: with time and level; json: JSON lines.",
             .fallback = "raw",
             .choices = formats}),
        option<&Settings::mode>(
            {.name = "mode", .help = "Mode of new files, octal.", .fallback = "0640"}),
        option<&Settings::compress>({.name = "compress",
                                     .help = "What is done with rotated files, in the background.",
                                     .fallback = "none",
                                     .choices = compressions}),
        option<&Settings::rotate_every>(
            {.name = "rotate-every",
             .help = "Begin a new file with the first record of each such period, too: \"1d\" at "
                     "midnight UTC, \"1h\" with the hour. Not set: by size alone.",
             .minimum = "1m",
             .maximum = "365d"}),
        option<&Settings::owner>(
            {.name = "owner",
             .help = "User whom new files belong to, by name or number, if the host may give them "
                     "away; empty: the host's.",
             .fallback = ""}),
        option<&Settings::group>(
            {.name = "group", .help = "Group of new files, likewise.", .fallback = ""}),
    };
    static constexpr std::array use_options{option<&UseSettings::path>(
        {.name = "path", .help = "File of this stream, instead of the instance's path."})};

    static void check(const Settings& settings);
    static void check_use(const Settings& settings, const UseSettings& use);

    FileBackend(Settings settings, Host host);
    void write(const Call& call, Batch& batch) override;

  private:
    LogFile& file_of(const Batch& batch);

    Settings settings_;
    std::unique_ptr<Compressor> compressor_;                ///< Outlives the files.
    std::map<std::string, std::unique_ptr<LogFile>> files_; ///< By path.
    std::string text_;                                      ///< Of a batch; kept for its memory.
    std::vector<std::size_t> ends_;                         ///< Of the records in it.
    std::vector<std::string_view> records_;
};

/// `pattern` with {stream} replaced; throws if there is another word in braces.
std::filesystem::path expand(const std::filesystem::path& pattern, std::string_view stream);

} // namespace cmw::file
