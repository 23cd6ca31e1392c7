// SPDX-License-Identifier: Apache-2.0
//
// shared/aws_signature.hpp - AWS Signature Version 4 in the header Authorization. Pure: the time is
// an argument. Source: "AWS Signature Version 4 for API requests", IAM User Guide, and
// "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API Reference.
#pragma once

#include <cmw/options.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct evp_md_ctx_st; // OpenSSL's EVP_MD_CTX

namespace cmw::shared {

struct AwsKeys {
    std::string key_id;
    Secret secret;
    Secret session_token; ///< Of temporary credentials; "": they are lasting ones.
};

/// What is signed. All texts are what is meant, not how a URL writes it.
struct AwsRequest {
    std::string method = "GET";
    std::string path = "/";
    std::vector<std::pair<std::string, std::string>> query;
    std::vector<std::pair<std::string, std::string>>
        headers; ///< All are signed; Host must be there.
    std::string body;
    std::string body_digest; ///< Its sha256_hex(), where the body itself is not given; "": it is.
};

/// Where and when the signature is to hold.
struct AwsScope {
    std::string region;  ///< "us-west-1"
    std::string service; ///< "s3", "logs"
    std::int64_t time; ///< Seconds since the Unix epoch; the service's clock may differ by 15 min.
};

/// The headers to send beside those of `request`: Authorization, X-Amz-Date, for S3
/// X-Amz-Content-Sha256, with a session token X-Amz-Security-Token.
std::map<std::string, std::string> sign(const AwsRequest& request, const AwsScope& scope,
                                        const AwsKeys& keys);

/// The text whose digest is signed (for tests, and for what a service says it expected). `request`
/// has all headers that sign() adds, too.
std::string canonical_request(const AwsRequest& request, const AwsScope& scope);

/// Percent-encodes all but A-Z a-z 0-9 - . _ ~, and "/" if `keep_slash`: how a path must be sent for
/// its signature to hold.
std::string aws_encode(std::string_view text, bool keep_slash);

/// "20130524T000000Z"
std::string aws_time(std::int64_t seconds);

/// SHA-256 in hexadecimal.
std::string sha256_hex(std::string_view bytes);

/// The same of bytes that come in pieces. Throws CMW_FAILED if OpenSSL has none.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void add(std::string_view bytes);
    std::string hex(); ///< Of all; then no more is added.

  private:
    evp_md_ctx_st* context_;
};

} // namespace cmw::shared
