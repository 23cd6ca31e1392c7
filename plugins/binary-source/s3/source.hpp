// SPDX-License-Identifier: Apache-2.0
//
// The binary source "s3": objects of a bucket of Amazon S3, or of a server that speaks like it.
#pragma once

#include "shared/aws_options.hpp"
#include "shared/etags.hpp"
#include "shared/s3_bucket.hpp"
#include "shared/transfer.hpp"
#include "shared/web_options.hpp"

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
                     "component's field and the approved digest in hexadecimal, {path} for the "
                     "path that "
                     "an update order of the network names.",
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
        option<&Settings::credentials>(shared::aws_credentials_option),
        option<&Settings::key_id>(shared::aws_key_id_option),
        option<&Settings::secret>(shared::aws_secret_option),
        option<&Settings::session_token>(shared::aws_session_token_option),
        option<&Settings::profile>(shared::aws_profile_option),
        option<&Settings::timeout>(shared::timeout_option),
        option<&Settings::stall_timeout>(shared::stall_timeout_option),
        option<&Settings::stall_size>(shared::stall_size_option),
        option<&Settings::bandwidth>(shared::bandwidth_option),
        option<&Settings::proxy>(shared::proxy_option),
        option<&Settings::ca>(shared::tls_ca_option),
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
