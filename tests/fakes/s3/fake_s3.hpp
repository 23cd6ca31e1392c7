// SPDX-License-Identifier: Apache-2.0
//
// fakes/s3/fake_s3.hpp - a bucket that judges requests as Amazon S3 does, in its order and with its
// answers (as OpenStack Swift's S3 API was seen to, too), on an HttpServer.
#pragma once

#include "fakes/http_server.hpp"

#include <mutex>

namespace cmw::test {

struct S3State {
    std::string bucket = "bins";
    std::map<std::string, std::string> objects; ///< By key.
    std::string region = "us-east-1";
    std::string key_id = "AKIDEXAMPLE";
    std::string secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    std::string session_token; ///< That a request must have.
    bool for_everybody = false;
    std::int64_t clock = 0;                       ///< Seconds ahead of this machine's.
    std::size_t send_at_most = std::string::npos; ///< Bytes of a body, then the connection ends.
};

class FakeS3 {
  public:
    /// From the next request on.
    template <class Change>
    void change(Change change) {
        const std::lock_guard lock(mutex_);
        change(state_);
    }
    S3State state() const {
        const std::lock_guard lock(mutex_);
        return state_;
    }
    HttpServer::Handler handler() const; ///< Lasts no longer than this.

  private:
    mutable std::mutex mutex_;
    S3State state_;
};

/// An answer with a body such as Amazon's: <Error><Code>...; `more` are further elements.
std::string s3_refusal(const std::string& status, const std::string& code,
                       const std::string& more = "", const std::vector<std::string>& headers = {});

/// "<digest>" as an ETag.
std::string s3_etag(const std::string& content);

} // namespace cmw::test
