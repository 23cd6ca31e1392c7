// SPDX-License-Identifier: Apache-2.0
//
// syslog/backend.hpp - log-backend "syslog": sends records to a syslog receiver, by a Unix socket,
// UDP, TCP or TLS.
#pragma once

#include "channel.hpp"
#include "facilities.hpp"
#include "shared/web_options.hpp"

#include <cmw/log_backend.hpp>
#include <cmw/options.hpp>

namespace cmw::syslog {

class SyslogBackend final : public LogBackend {
  public:
    struct Settings {
        std::string address;
        std::string format;
        std::string framing;
        std::string facility;
        std::string hostname;
        std::string app_name;
        std::string structured_id;
        bool escape = true;
        std::optional<Bytes> max_size;
        std::int64_t rate = 0;
        std::chrono::nanoseconds timeout{};
        std::optional<std::filesystem::path> ca;
        std::optional<std::filesystem::path> certificate;
        std::optional<std::filesystem::path> key;
    };
    struct UseSettings {
        std::optional<std::string> facility;
        std::optional<std::string> app_name;
    };

    static constexpr About about{"syslog", "0.1.0", "Sends records to a syslog receiver.",
                                 "Apache-2.0"};
    static constexpr const char* formats[] = {"rfc5424", "rfc3164", nullptr};
    static constexpr const char* framings[] = {"octet-counting", "line-feed", "nul", nullptr};
    static constexpr std::array options{
        option<&Settings::address>(
            {.name = "address",
             .help = "Where the receiver is: unix:/dev/log, unix-stream:/PATH, udp://HOST[:514], "
                     "tcp://HOST[:601] or tls://HOST[:6514].",
             .required = true}),
        option<&Settings::format>({.name = "format",
                                   .help = "Of messages; rfc3164 for old receivers.",
                                   .fallback = "rfc5424",
                                   .choices = formats}),
        option<&Settings::framing>(
            {.name = "framing",
             .help = "How messages are told apart in a stream: RFC 6587's octet counting, the "
                     "only one for TLS, or what ends each.",
             .fallback = "octet-counting",
             .choices = framings}),
        option<&Settings::facility>({.name = "facility",
                                     .help = "The part of the system that messages come from.",
                                     .fallback = "daemon",
                                     .choices = facilities.data()}),
        option<&Settings::hostname>(
            {.name = "hostname",
             .help = "Name of this host in messages; empty: the one that the system has.",
             .fallback = ""}),
        option<&Settings::app_name>(
            {.name = "app-name",
             .help = "Name of the program in messages; {stream} stands for the stream's name.",
             .fallback = "{stream}"}),
        option<&Settings::structured_id>(
            {.name = "structured-data",
             .help = "Name of the structured data that carries stream and sequence, with your "
                     "private enterprise number; 32473 is the one for examples. Empty: none.",
             .fallback = "cmw@32473"}),
        option<&Settings::escape>(
            {.name = "escape",
             .help = "Send line feeds and other control bytes as #012, in octal: RFC 5424 wants "
                     "none to be sent, and receivers write them so. Otherwise they are kept.",
             .fallback = "true"}),
        option<&Settings::max_size>(
            {.name = "max-size",
             .help = "Of a message; longer records become several. Not set: 2048 bytes for UDP, "
                     "1024 for rfc3164, else 8192.",
             .minimum = "480B",
             .maximum = "64KiB"}),
        option<&Settings::rate>(
            {.name = "rate",
             .help = "UDP: messages a second at most, for what a receiver cannot read in time is "
                     "lost; 0: any number.",
             .fallback = "5000",
             .minimum = "0",
             .maximum = "10000000"}),
        option<&Settings::timeout>(
            {.name = "timeout",
             .help = "Give up when connecting takes longer, or nothing was taken for this long.",
             .fallback = "30s",
             .minimum = "100ms",
             .maximum = "1h"}),
        option<&Settings::ca>(shared::tls_ca_option),
        option<&Settings::certificate>(
            {.name = "tls.certificate",
             .help = "PEM file of the certificate to show to receivers that ask for one."}),
        option<&Settings::key>(shared::tls_key_option),
    };
    static constexpr std::array use_options{
        option<&UseSettings::facility>({.name = "facility",
                                        .help = "Of this stream, instead of the instance's.",
                                        .choices = facilities.data()}),
        option<&UseSettings::app_name>(
            {.name = "app-name", .help = "Of this stream, instead of the instance's."}),
    };

    static void check(const Settings& settings);
    static void check_use(const Settings& settings, const UseSettings& use);

    SyslogBackend(const Settings& settings, Host host);
    void write(const Call& call, Batch& batch) override;
    void limits(cmw_log_limits& limits) const override;

  private:
    void leave_out(Batch& batch, const std::vector<std::size_t>& messages);

    Host host_;
    ChannelSettings channel_settings_;
    MessageRules rules_;
    std::unique_ptr<Channel> channel_; ///< From the first batch on.
    Messages messages_;                ///< Of a batch; kept for its memory.
    std::vector<std::size_t> records_; ///< How many messages there are up to each record's end.
};

} // namespace cmw::syslog
