// SPDX-License-Identifier: Apache-2.0
//
// fakes/cloudwatch/fake_cloudwatch.hpp - CloudWatch Logs on an HttpServer: judges signatures and
// requests as the service does, keeps a ledger of what it took, and misbehaves by plan.
#pragma once

#include "fakes/http_server.hpp"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <set>

namespace cmw::test {

/// What becomes of a PutLogEvents.
enum class PutFault {
    none,
    internal_error,    ///< 500
    throttled,         ///< ThrottlingException
    not_found,         ///< ResourceNotFoundException, and the stream is gone.
    closed,            ///< The connection, without an answer.
    taken_then_closed, ///< The events are taken, the answer is not sent.
    half_read,         ///< The connection, in the middle of the request.
    garbage,           ///< 200, but no JSON.
    never_answered,    ///< Until the client gives up.
    already_accepted,  ///< DataAlreadyAcceptedException
    expired_token,     ///< ExpiredTokenException
};

struct CloudWatchState {
    std::string region = "us-west-1";
    std::string key_id = "AKIDEXAMPLE";
    std::string secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    std::string session_token; ///< That a request must have.
    std::int64_t clock = 0;    ///< Seconds ahead of this machine's.
    std::string date_header;   ///< "": the time, by that clock.
    std::string rejected;      ///< JSON of rejectedLogEventsInfo of every answer.
    std::string answer;        ///< To every PutLogEvents, in place of the usual; "": that.
    std::string bad_word = "unspeakable"; ///< The service takes no message that has it.
    std::set<std::string> denied;         ///< Operations that the policy does not allow.
    std::set<std::string> groups;
    std::set<std::pair<std::string, std::string>> streams; ///< Group and stream.
    std::map<std::string, std::int64_t> retention;         ///< Days, by group.
    std::map<std::string, std::string> tags;               ///< Of the last group made.
};

class FakeCloudWatch {
  public:
    /// Decides the fate of the n-th PutLogEvents, from 0.
    using Plan = std::function<PutFault(std::size_t number)>;

    struct Taken {
        std::string group;
        std::string stream;
        std::int64_t time_ms = 0;
        std::string message;
    };

    explicit FakeCloudWatch(Plan plan = {}) : plan_(std::move(plan)) {}

    template <class Change>
    void change(Change change) {
        const std::lock_guard lock(mutex_);
        change(state_);
    }
    CloudWatchState state() const {
        const std::lock_guard lock(mutex_);
        return state_;
    }
    std::vector<Taken> taken() const {
        const std::lock_guard lock(mutex_);
        return taken_;
    }
    std::vector<std::string> messages() const;
    std::vector<std::string> calls() const { ///< Names of operations, in order.
        const std::lock_guard lock(mutex_);
        return calls_;
    }
    std::size_t taken_count() const {
        const std::lock_guard lock(mutex_);
        return taken_.size();
    }
    std::vector<std::size_t> put_sizes() const { ///< Events in each that was taken, in order.
        const std::lock_guard lock(mutex_);
        return put_sizes_;
    }
    std::size_t largest_put() const { ///< Events in one.
        const auto sizes = put_sizes();
        return sizes.empty() ? 0 : *std::ranges::max_element(sizes);
    }

    HttpServer::Handler handler(); ///< Lasts no longer than this.

  private:
    struct Reply {
        std::string status;
        std::string body;
    };
    void serve(const HttpServer::Request& request, HttpServer::Connection& connection);
    PutFault next_fault(const std::string& operation);
    Reply judge(const HttpServer::Request& request, const std::string& operation,
                const std::string& body, PutFault fault);
    Reply put(const std::string& body, PutFault fault);
    Reply create(const std::string& operation, const std::string& body);

    const Plan plan_;
    mutable std::mutex mutex_; ///< Guards all that follows.
    CloudWatchState state_;
    std::vector<Taken> taken_;
    std::vector<std::string> calls_;
    std::size_t puts_ = 0;
    std::vector<std::size_t> put_sizes_;
};

} // namespace cmw::test
