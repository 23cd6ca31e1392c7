// SPDX-License-Identifier: Apache-2.0
//
// The binary source "s3": objects of a bucket of Amazon S3, or of a server that speaks like it.
#pragma once

#include "shared/etags.hpp"
#include "shared/s3_bucket.hpp"
#include "shared/transfer.hpp"

#include <cmw/binary_source.hpp>

namespace cmw::s3 {

class Source final : public BinarySource {
  public:
    struct Settings {
        std::string bucket;
        std::string key;
        std::string region;
        std::string endpoint;
        std::string addressing;
        std::string credentials;
        std::string key_id;
        Secret secret;
        Secret session_token;
        std::string profile;
        std::chrono::nanoseconds timeout{};
        std::chrono::nanoseconds stall_timeout{};
        Bytes stall_size{};
        std::optional<Bytes> bandwidth;
        std::string proxy;
        std::optional<std::filesystem::path> ca;
    };

    static constexpr About about{
        "s3", "0.1.0", "Fetches objects from Amazon S3 or a server like it.", "Apache-2.0"};
    static constexpr std::array options{
        option<&Settings::bucket>(
            {.name = "bucket", .help = "Name of the bucket.", .required = true}),
        option<&Settings::key>(
            {.name = "key",
             .help = "Name of the object in the bucket; {target} and {digest} stand for the "
                     "component's field and the approved digest in hexadecimal.",
             .fallback = "{target}/{digest}"}),
        option<&Settings::region>(
            {.name = "region",
             .help = "Where the bucket is, such as \"us-west-1\"; not set: AWS_REGION, then "
                     "AWS_DEFAULT_REGION in the environment, then us-east-1."}),
        option<&Settings::endpoint>(
            {.name = "endpoint",
             .help = "Another server than Amazon's, such as \"http://127.0.0.1:9000\"."}),
        option<&Settings::addressing>(
            {.name = "addressing",
             .help =
                 "Where the bucket's name goes: before the host (https://BUCKET.HOST/KEY) or "
                 "into the path (https://HOST/BUCKET/KEY); auto: into the path for an endpoint, "
                 "or a name with dots.",
             .fallback = "auto",
             .choices = shared::s3_addressings}),
        option<&Settings::credentials>(
            {.name = "credentials",
             .help =
                 "Who asks: the options below; the environment (AWS_ACCESS_KEY_ID, "
                 "AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN); a profile of the AWS command line; "
                 "the container's role (ECS, EKS); the instance's role (EC2); anonymous: "
                 "nobody, for what everybody may read; auto: the first of them that is there.",
             .fallback = "auto",
             .choices = shared::aws_credential_sources}),
        option<&Settings::key_id>({.name = "access-key-id", .help = "Id of the key to sign with."}),
        option<&Settings::secret>({.name = "secret-access-key", .help = "Its secret."}),
        option<&Settings::session_token>(
            {.name = "session-token", .help = "Belongs to a key that is good for a time only."}),
        option<&Settings::profile>(
            {.name = "profile",
             .help = "Profile in ~/.aws/credentials or ~/.aws/config (or the files that "
                     "AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE name); not set: AWS_PROFILE, "
                     "then default."}),
        option<&Settings::timeout>(
            {.name = "timeout",
             .help = "Give up when connecting takes longer, or no byte came for this long.",
             .fallback = "30s",
             .minimum = "100ms",
             .maximum = "1h"}),
        option<&Settings::stall_timeout>(
            {.name = "stall-timeout",
             .help = "Give up, to go on later, when fewer bytes than stall-size came in this time.",
             .fallback = "30s",
             .minimum = "100ms",
             .maximum = "1h"}),
        option<&Settings::stall_size>({.name = "stall-size",
                                       .help = "See stall-timeout.",
                                       .fallback = "16KiB",
                                       .minimum = "1B"}),
        option<&Settings::bandwidth>(
            {.name = "bandwidth",
             .help = "Read at most so many bytes a second, such as \"5MiB\"; not set: any number.",
             .minimum = "1KiB"}),
        option<&Settings::proxy>(
            {.name = "proxy",
             .help =
                 "URL of the proxy to go through, http://[USER:PASSWORD@]HOST:PORT, or \"none\"; "
                 "not set: as http_proxy, https_proxy and no_proxy in the environment say."}),
        option<&Settings::ca>(
            {.name = "tls.ca",
             .help = "PEM file of the certificate authorities to trust instead of the system's."}),
    };
    static void check(const Settings& settings);

    /// `environment`: where AWS_* are looked up.
    Source(const Settings& settings, Host host,
           const shared::Environment& environment = shared::process_environment);

    void fetch(const Call& call, const cmw_config& use, const Artifact& artifact,
               Writer& writer) override;

  private:
    std::string key_;
    shared::TransferLimits limits_;
    shared::S3Bucket bucket_;
    shared::Etags etags_;
};

} // namespace cmw::s3
