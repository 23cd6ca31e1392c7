// SPDX-License-Identifier: Apache-2.0
//
// journald/backend.hpp - log-backend "journald": sends records to systemd's journal, as entries with
// fields.
#pragma once

#include "journal.hpp"

#include <cmw/log_backend.hpp>
#include <cmw/options.hpp>

namespace cmw::journald {

class JournaldBackend final : public LogBackend {
  public:
    struct Settings {
        std::filesystem::path socket;
        std::string identifier;
        std::chrono::nanoseconds timeout{};
    };
    struct UseSettings {
        std::optional<std::string> identifier;
    };

    static constexpr About about{"journald", "0.1.0", "Sends records to systemd's journal.",
                                 "Apache-2.0"};
    static constexpr std::array options{
        option<&Settings::socket>({.name = "socket",
                                   .help = "Socket of the journal.",
                                   .fallback = "/run/systemd/journal/socket"}),
        option<&Settings::identifier>(
            {.name = "identifier",
             .help = "SYSLOG_IDENTIFIER of entries; {stream} stands for the stream's name.",
             .fallback = "{stream}"}),
        option<&Settings::timeout>({.name = "timeout",
                                    .help = "Give up when the journal read nothing for this long.",
                                    .fallback = "30s",
                                    .minimum = "100ms",
                                    .maximum = "1h"}),
    };
    static constexpr std::array use_options{option<&UseSettings::identifier>(
        {.name = "identifier", .help = "Of this stream, instead of the instance's."})};

    static void check(const Settings& settings);
    static void check_use(const Settings& settings, const UseSettings& use);

    JournaldBackend(Settings settings, Host host);
    void write(const Call& call, Batch& batch) override;

  private:
    Settings settings_;
    std::unique_ptr<Journal> journal_; ///< From the first batch on.
};

} // namespace cmw::journald
