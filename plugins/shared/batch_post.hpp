// SPDX-License-Identifier: Apache-2.0
//
// shared/batch_post.hpp - takes a batch of records to a web server: in one request, or, where the
// server refuses that for what it holds, in halves of it, down to the record that is refused by
// itself. That one is left out, counted and told; nothing else is mended here.
#pragma once

#include "shared/log_poster.hpp"

#include <cmw/log_backend.hpp>

#include <functional>
#include <ranges>

namespace cmw::shared {

/// Some records of a batch, in order.
using Records =
    std::ranges::subrange<Batch::Iterator, Batch::Iterator, std::ranges::subrange_kind::sized>;

/// What the answer to a request means for the records in it.
struct PostVerdict {
    enum class Kind {
        taken,   ///< They were taken, but for `rejected` of them, which never will be.
        refused, ///< For what the request holds: none was taken, fewer of them may be.
        failed,  ///< None was taken; another time they may be.
    };
    Kind kind = Kind::failed;
    std::size_t rejected = 0;
};

/// As HTTP means it: 2xx is taken; 400, 413 and 422 are refused (RFC 9110, 15.5); else failed.
PostVerdict usual_verdict(int status);

/// How records become the body of a request, and what the answer means.
struct PostForm {
    std::function<void(std::string& body, const Records& records)> write;
    std::function<PostVerdict(const PostAnswer& answer, std::size_t records)> judge;
};

/// For one thread.
class BatchPoster {
  public:
    BatchPoster(PosterSettings settings, Host host) : poster_(std::move(settings)), host_(host) {}

    /// Comes back when each record was taken or never will be. Otherwise throws, having said in
    /// `batch` how far it got.
    ///
    /// A server that refuses whatever it is sent must cost no records. So one that was refused by
    /// itself is left out only if the server took another one of the batch (from a batch of one:
    /// of any before, by this poster), or if it said that it is too large (413).
    void post(const Call& call, Batch& batch, const PostForm& form);

  private:
    struct Doubt {
        std::uint64_t sequence;
        std::size_t bytes; ///< Of its text.
        PostAnswer answer;
    };
    void leave_out(Batch& batch, std::vector<Doubt>& refused);
    void tell_rejected(Batch& batch, const Records& records, std::size_t count,
                       const PostAnswer& answer);

    LogPoster poster_;
    Host host_;
    bool took_ = false; ///< The server took a request of ours.
};

} // namespace cmw::shared
