// SPDX-License-Identifier: Apache-2.0
#include "config/bindings.hpp"

namespace cmw::config {

namespace {

using Type = OptionType;

} // namespace

const Table<StreamSettings>& stream_table() {
    using S = StreamSettings;
    static const Table<S> table{
        "log.NAME",
        "log.cmix",
        "One log stream. [log.cmix-wrapper] is the host's own log.",
        {
            key<&S::path>(
                {.spec = {.name = "path",
                          .type = Type::path,
                          .help = "The file to follow, or all files of a folder: the last "
                                  "part may hold '*', '?' and '[a-z]'."},
                 .refine = check_log_path,
                 .example = R"("/opt/xxnetwork/log/cmix.log")",
                 .default_note = "the output of [service.NAME], else "
                                 "STATE-DIR/output/NAME.log"}),
            key<&S::to>(
                {.spec = {.name = "to",
                          .type = Type::list,
                          .help = "The log backends that its records go to: \"NAME\", or { use = "
                                  "\"NAME\", min-level = \"warn\", rate-limit = 100 }: of this "
                                  "level or above, and so many a second; `status` counts "
                                  "what is dropped."},
                 .names = "log-backend",
                 .example = R"(["disk"])",
                 .default_note = "none"}),
            key<&S::event>(
                {.spec = {.name = "event",
                          .fallback = "line",
                          .help = "How lines make records: \"line\": each is one; "
                                  "\"level-word\": one begins with a level such as INFO; "
                                  "or a regular expression (RE2) for first lines."},
                 .refine = check_event}),
            key<&S::time>(
                {.spec = {.name = "time",
                          .fallback = "read",
                          .help = "Where a record's time comes from: \"read\": the moment it is "
                                  "read; \"rfc3339\", \"epoch\", \"cmix\", \"substrate\", or a "
                                  "format such as \"%Y-%m-%d %T%f\" (%Y %m %d %e %b %H %M %S %T %f "
                                  "%z %s): the time in the line, where there is one."},
                 .refine = check_time_format}),
            key<&S::redact>(
                {.spec = {.name = "redact",
                          .type = Type::list,
                          .fallback = "[]",
                          .help = "Regular expressions (RE2). What they match becomes [redacted] "
                                  "before any backend sees it; with a group, only what the first "
                                  "group matches."},
                 .refine = check_patterns,
                 .example = R"(['password=(\S+)'])"}),
            {{.spec = {.name = "invalid-bytes",
                       .fallback = "keep",
                       .choices = {"keep", "replace"},
                       .help = "Bytes that are no UTF-8: \"keep\" gives them to the backend as "
                               "they are, \"replace\" makes each of them U+FFFD."}},
             [](S& settings, const KeyValue& value) {
                 settings.replace_invalid = std::get<std::string>(value.value.value) == "replace";
             }},
            {{.spec = {.name = "start",
                       .fallback = "beginning",
                       .choices = {"beginning", "end"},
                       .help = "Where a stream that was never seen begins: with all that its files "
                               "hold, or with what comes from now on."}},
             [](S& settings, const KeyValue& value) {
                 settings.from_end = std::get<std::string>(value.value.value) == "end";
             }},
            key<&S::max_size>(
                {.spec = {.name = "max-size",
                          .type = Type::size,
                          .minimum = "64KiB",
                          .help = "What a file may take of the disk. Beyond it, what all backends "
                                  "have confirmed is freed in place: the file keeps its size, and "
                                  "whoever writes it notices nothing."},
                 .example = R"("1GiB")",
                 .default_note = "no limit"}),
            key<&S::keep>({.spec = {.name = "keep",
                                    .type = Type::size,
                                    .help = "How much of what is confirmed stays readable, as far "
                                            "as max-size has room for it."},
                           .example = R"("512MiB")",
                           .default_note = "half of max-size"}),
            {{.spec = {.name = "when-full",
                       .fallback = "block-trim",
                       .choices = {"block-trim", "drop-oldest"},
                       .help = "Over max-size with nothing confirmed that could be freed: "
                               "\"block-trim\" lets the file grow, \"drop-oldest\" frees its "
                               "oldest lines, and `status` counts their bytes."}},
             [](S& settings, const KeyValue& value) {
                 settings.drop_oldest = std::get<std::string>(value.value.value) == "drop-oldest";
             }},
        }};
    return table;
}

} // namespace cmw::config
