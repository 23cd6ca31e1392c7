// SPDX-License-Identifier: Apache-2.0
//
// shared/s3_bucket.hpp - objects of one bucket of Amazon S3, or of a server that speaks like it. For
// one thread.
#pragma once

#include "shared/aws_credentials.hpp"
#include "shared/http_exchange.hpp"
#include "shared/s3_error.hpp"

namespace cmw::shared {

/// For an option `addressing`.
inline constexpr const char* s3_addressings[] = {"auto", "virtual-host", "path", nullptr};

struct S3Settings {
    std::string bucket;
    std::string region;   ///< "": AWS_REGION, AWS_DEFAULT_REGION, else "us-east-1".
    std::string endpoint; ///< "http://127.0.0.1:9000"; "": Amazon's for the region.
    std::string addressing =
        "auto"; ///< One of the above; "auto": path for an endpoint of one's own
                ///< and for a name with dots, which no certificate covers.
    AwsCredentialSettings credentials;
    HttpSettings http;
};

/// Throws CMW_CONFIG.
void check_s3_settings(const S3Settings& settings);

/// Where an object is.
struct S3Place {
    std::string server; ///< "https://bucket.s3.us-west-1.amazonaws.com"
    std::string path;   ///< "/server/abcd", as it is meant.
};

/// Pure; `settings.region` must be set.
S3Place place_of(const S3Settings& settings, const std::string& key);

class S3Bucket {
  public:
    S3Bucket(S3Settings settings, const Environment& environment, Host host);

    /// Asks for an object. `headers`: Range, If-Match, If-None-Match and their like. Gives an answer
    /// 200, 206, 304, 412 or 416, body unread; throws what any other one means. Tries once more with
    /// the server's time where the clock is off, and with new keys where borrowed ones have ended.
    std::unique_ptr<HttpExchange> get(const Call& call, const std::string& key,
                                      const HttpRequest::Headers& headers);

    /// How messages call it: "https://bucket.s3.us-west-1.amazonaws.com/server/abcd".
    std::string shown(const std::string& key) const;

  private:
    std::unique_ptr<HttpExchange> ask(const Call& call, const std::string& key,
                                      const HttpRequest::Headers& headers);
    bool correct_clock(const HttpExchange& exchange);

    S3Settings settings_;
    AwsCredentials credentials_;
    Host host_;
    bool signed_ = true;    ///< The last request was.
    std::int64_t skew_ = 0; ///< Seconds from this machine's clock to the server's.
};

} // namespace cmw::shared
