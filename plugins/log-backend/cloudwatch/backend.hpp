// SPDX-License-Identifier: Apache-2.0
//
// cloudwatch/backend.hpp - log-backend "cloudwatch": the records of each stream to a stream of Amazon
// CloudWatch Logs. An instance mends nothing: it says what was delivered and fails, and the next one
// begins as if the service had never been seen. Only what the same bytes can never be is handled
// here: too much for one request, and events that the service will not take.
#pragma once

#include "destination.hpp"
#include "events_json.hpp"
#include "parts.hpp"
#include "shared/aws_options.hpp"
#include "shared/gzip.hpp"
#include "shared/web_options.hpp"

#include <cmw/log_backend.hpp>

namespace cmw::cloudwatch {

class CloudWatchBackend final : public LogBackend {
  public:
    struct Settings {
        std::string group;
        std::string stream;
        std::string region;
        std::string endpoint;
        bool create = true;
        std::optional<std::int64_t> retention_days;
        std::map<std::string, std::string> tags;
        bool compress = false;
        std::chrono::nanoseconds linger{};
        std::int64_t requests = 16;
        std::string credentials;
        std::string key_id;
        Secret secret;
        Secret session_token;
        std::string profile;
        std::chrono::nanoseconds timeout{};
        std::string proxy;
        std::optional<std::filesystem::path> ca;
    };
    struct UseSettings {
        std::optional<std::string> group;
        std::optional<std::string> stream;
    };

    static constexpr About about{"cloudwatch", "0.1.0", "Sends records to Amazon CloudWatch Logs.",
                                 "Apache-2.0"};
    static constexpr std::array options{
        option<&Settings::group>(
            {.name = "group", .help = "Name of the log group.", .required = true}),
        option<&Settings::stream>(
            {.name = "stream",
             .help = "Name of the log stream; {id} stands for the node's id in its identity file, "
                     "{stream} for the log's name here, {host} for this machine's name.",
             .fallback = "{id}-{stream}.log"}),
        option<&Settings::region>(
            {.name = "region",
             .help = "Where the group is, such as \"us-west-1\"; not set: AWS_REGION, then "
                     "AWS_DEFAULT_REGION in the environment."}),
        option<&Settings::endpoint>(
            {.name = "endpoint",
             .help = "Another server than Amazon's for the region, such as a VPC endpoint: "
                     "\"https://HOST\"."}),
        option<&Settings::create>({.name = "create",
                                   .help = "Make the group and the stream if they are missing.",
                                   .fallback = "true"}),
        option<&Settings::retention_days>(
            {.name = "retention-days",
             .help = "Days that the group keeps events, one of the numbers that CloudWatch Logs "
                     "knows; not set: as the group has it (a new one keeps them for ever).",
             .minimum = "1",
             .maximum = "3653"}),
        option<&Settings::tags>(
            {.name = "tags", .help = "Tags of a group that is made: { name = \"value\" }."}),
        option<&Settings::compress>(
            {.name = "compress",
             .help = "Send gzip: a fifth of the traffic or less, for several times the processor "
                     "time.",
             .fallback = "false"}),
        option<&Settings::linger>({.name = "linger",
                                   .help = "How long records may wait for others to go with.",
                                   .fallback = "1s",
                                   .minimum = "0s",
                                   .maximum = "1m"}),
        option<&Settings::requests>(
            {.name = "requests",
             .help = "How many requests may be under way at once, each over its own connection, "
                     "which is made when it is needed.",
             .fallback = "16",
             .minimum = "1",
             .maximum = "32"}),
        option<&Settings::credentials>(shared::aws_credentials_option),
        option<&Settings::key_id>(shared::aws_key_id_option),
        option<&Settings::secret>(shared::aws_secret_option),
        option<&Settings::session_token>(shared::aws_session_token_option),
        option<&Settings::profile>(shared::aws_profile_option),
        option<&Settings::timeout>(shared::timeout_option),
        option<&Settings::proxy>(shared::proxy_option),
        option<&Settings::ca>(shared::tls_ca_option),
    };
    static constexpr std::array use_options{
        option<&UseSettings::group>(
            {.name = "group", .help = "Log group of this stream, instead of the instance's."}),
        option<&UseSettings::stream>(
            {.name = "stream",
             .help = "Name of the log stream of this stream, instead of the instance's; with the "
                     "same words in braces."}),
    };

    static void check(const Settings& settings);
    static void check_use(const Settings& settings, const UseSettings& use);

    /// `environment`: where AWS_* are looked up.
    CloudWatchBackend(Settings settings, Host host,
                      const shared::Environment& environment = shared::process_environment);

    void write(const Call& call, Batch& batch) override;
    void limits(cmw_log_limits& limits) const override;

  private:
    /// What came of one request.
    enum class Put {
        done,
        halve, ///< The service can take none of it: one of the events is to blame.
        again, ///< The stream was missing, and has been made.
    };

    Destination destination_of(const Batch& batch);
    std::string stream_name(const std::string& pattern, std::string_view stream);
    Put put(const Call& call, const Destination& destination, std::span<const Event> events,
            Batch& batch);
    static Service::Asked signed_for(shared::HttpBody::Writer body);
    Service::Asked packed(const shared::HttpBody::Writer& body);
    void tell_rejected(const Destination& destination, const Rejected& rejected);
    void set_aside(const Destination& destination, const Event& event, const Refusal& refusal);

    Settings settings_;
    Host host_;
    Service service_;
    Destinations destinations_;
    std::string id_; ///< The node's; "": not read yet.
    EventsJson json_;
    std::vector<Event> events_; ///< Of the batch. This and the other: kept for their memory.
    std::vector<Event> sorted_;
    std::optional<shared::Gzip> gzip_;
    unsigned halvings_ = 0;      ///< For the batch.
    std::uint64_t rejected_ = 0; ///< Events that the service took and dropped, so far.
    std::uint64_t set_aside_ = 0;
};

} // namespace cmw::cloudwatch
