// SPDX-License-Identifier: Apache-2.0
//
// shared/s3_error.hpp - what Amazon S3, or a server like it, says when it refuses, in an operator's
// words. Pure. Source: "Error responses", Amazon S3 API Reference.
#pragma once

#include <cmw/error.hpp>

#include <map>
#include <string>
#include <string_view>

namespace cmw::shared {

/// The elements of an <Error>, "Code" and so on, and their texts without control characters. Empty
/// if the text is no such document. Reads no document type: there are no entities to expand.
std::map<std::string, std::string> parse_s3_error(std::string_view xml);

/// An answer that is none of what was asked for.
struct S3Failure {
    int http = 0;
    std::string reason;  ///< "Not Found"
    std::string code;    ///< "NoSuchKey"; "": the body did not say.
    std::string message; ///< The service's own words.
    std::string region;  ///< Where the bucket is, if it said so.
    std::chrono::nanoseconds retry_after{};
};

/// What was asked, and how.
struct S3Question {
    std::string bucket;
    std::string key;
    std::string region;
    std::string server;  ///< "https://host"
    std::string origin;  ///< Of the credentials: "the option access-key-id".
    bool signed_ = true; ///< False: as anybody.
};

/// What it means and what to do about it.
Error explain(const S3Failure& failure, const S3Question& question);

} // namespace cmw::shared
