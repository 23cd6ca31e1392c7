// SPDX-License-Identifier: Apache-2.0
//
// config/refine.hpp - what a type does not say of a value of the host's own keys. Each changes the
// value into what the core wants (absolute paths) or tells what is wrong with it.
#pragma once

#include "config/report.hpp"

#include <sys/types.h>

namespace cmw::config {

using Refine = std::optional<Fault> (*)(OptionValue& value, const Document& document);

std::optional<Fault> refine_folders(OptionValue& value, const Document& document);
/// A command: not empty, its first word made an absolute path. No search in $PATH.
std::optional<Fault> refine_command(OptionValue& value, const Document& document);
/// A path, or "null", which becomes "".
std::optional<Fault> refine_output(OptionValue& value, const Document& document);
/// Octal digits: "0755".
std::optional<Fault> check_mode(OptionValue& value, const Document& document);
/// The name of a file in an archive: "bin/node".
std::optional<Fault> check_member(OptionValue& value, const Document& document);
/// A SHA-256 in hexadecimal.
std::optional<Fault> check_sha256(OptionValue& value, const Document& document);
/// "line", "level-word", or a regular expression (RE2).
std::optional<Fault> check_event(OptionValue& value, const Document& document);
/// Wildcards only in the last part.
std::optional<Fault> check_log_path(OptionValue& value, const Document& document);
/// "read" or a format that base::TimeFormat knows.
std::optional<Fault> check_time_format(OptionValue& value, const Document& document);
/// Regular expressions (RE2).
std::optional<Fault> check_patterns(OptionValue& value, const Document& document);
/// Times of the week: "Sat 02:00-04:00 UTC".
std::optional<Fault> check_windows(OptionValue& value, const Document& document);
/// "all", "any" or a number.
std::optional<Fault> check_agreement(OptionValue& value, const Document& document);
/// A regular expression (RE2).
std::optional<Fault> check_pattern(OptionValue& value, const Document& document);
/// Names of environment variables.
std::optional<Fault> check_environment(OptionValue& value, const Document& document);
/// "host:port" or "[::1]:port".
std::optional<Fault> check_endpoint(OptionValue& value, const Document& document);
std::optional<Fault> check_http_url(OptionValue& value, const Document& document);

/// Commands of the network's orders: "start", "stop", "delay", "update".
std::optional<Fault> check_verbs(OptionValue& value, const Document& document);

/// The mode of a text that check_mode has passed; nothing for another one.
std::optional<mode_t> parse_mode(std::string_view text);

} // namespace cmw::config
