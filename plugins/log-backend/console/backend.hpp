// SPDX-License-Identifier: Apache-2.0
//
// console/backend.hpp - log-backend "console": writes records to the host's stdout or stderr, with
// colours on a terminal and as JSON lines otherwise.
#pragma once

#include <cmw/log_backend.hpp>
#include <cmw/options.hpp>

#include <string>

namespace cmw::console {

enum class Format { text, coloured, json };

/// Appends a record as a line, its text freed of what would steer a terminal (JSON has none).
void append(std::string& out, const cmw_log_record& record, Format format);

/// Writes all of it to `fd`, which may be a terminal, a pipe, a socket or a file, and whose flags
/// are not changed: others use it too. Never blocks longer than until the call is cancelled or its
/// deadline has passed; then, and if nobody reads any more, it throws.
void write_all(int fd, std::string_view bytes, const Call& call);

class ConsoleBackend final : public LogBackend {
  public:
    struct Settings {
        std::string stream;
        std::string format;
    };

    static constexpr About about{"console", "0.1.0", "Writes records to stdout or stderr.",
                                 "Apache-2.0"};
    static constexpr const char* streams[] = {"stdout", "stderr", nullptr};
    static constexpr const char* formats[] = {"auto", "text", "json", nullptr};
    static constexpr std::array options{
        option<&Settings::stream>({.name = "stream",
                                   .help = "Where to write.",
                                   .fallback = "stdout",
                                   .choices = streams}),
        option<&Settings::format>(
            {.name = "format",
             .help = "auto: text with colours on a terminal, JSON lines otherwise; text; json.",
             .fallback = "auto",
             .choices = formats}),
    };

    ConsoleBackend(const Settings& settings, Host host);
    void write(const Call& call, Batch& batch) override;

  private:
    int fd_;
    Format format_;
    std::string lines_;
};

} // namespace cmw::console
