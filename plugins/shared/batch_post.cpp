// SPDX-License-Identifier: Apache-2.0
#include "shared/batch_post.hpp"

#include <algorithm>
#include <array>

namespace cmw::shared {

namespace {

using Kind = PostVerdict::Kind;

/// Requests of one write that are refused and halved. To find one record among 10,000 takes 14; a
/// write that needs more fails, and the next one goes on after a pause.
constexpr unsigned most_halvings = 100;

constexpr int content_too_large = 413;

} // namespace

PostVerdict usual_verdict(int status) {
    static constexpr std::array about_content{400, content_too_large, 422};
    if (status / 100 == 2) return {Kind::taken};
    const bool refused = std::ranges::find(about_content, status) != about_content.end();
    return {refused ? Kind::refused : Kind::failed};
}

void BatchPoster::post(const Call& call, Batch& batch, const PostForm& form) {
    bool took_of_these = false;
    unsigned halvings = 0;
    std::vector<Doubt> doubtful; // Refused by themselves, while nothing of the batch was taken.
    auto next = batch.begin();
    std::size_t begin = 0; // Its number.
    std::vector<std::size_t> ends{batch.size()};
    while (!ends.empty()) {
        call.check();
        const auto size = ends.back() - begin;
        const Records records(next, std::next(next, static_cast<std::ptrdiff_t>(size)), size);
        std::string body;
        form.write(body, records);
        const auto answer = poster_.post(call, body);
        const auto verdict = form.judge(answer, size);
        if (verdict.kind == Kind::failed) throw poster_.refused(answer);
        if (verdict.kind == Kind::refused && size > 1) {
            if (++halvings > most_halvings) throw poster_.refused(answer);
            ends.push_back(begin + size / 2);
            continue;
        }
        if (verdict.kind == Kind::taken)
            took_of_these = true;
        else
            doubtful.push_back({(*next).sequence, (*next).text.size, answer});
        const bool too_large = std::ranges::all_of(
            doubtful, [](const Doubt& one) { return one.answer.status == content_too_large; });
        next = records.end();
        begin = ends.back();
        ends.pop_back();
        if (!took_of_these && !too_large && !(took_ && batch.size() == 1)) continue;
        leave_out(batch, doubtful);
        batch.delivered(begin);
        if (verdict.rejected > 0) tell_rejected(batch, records, verdict.rejected, answer);
        took_ = took_ || took_of_these;
    }
    if (!doubtful.empty()) throw poster_.refused(doubtful.back().answer);
}

void BatchPoster::leave_out(Batch& batch, std::vector<Doubt>& refused) {
    if (refused.empty()) return;
    const auto& first = refused.front();
    batch.rejected(refused.size());
    // Without the server's words, which may repeat the record.
    host_.error("left out " + std::to_string(refused.size()) + " of the records of stream " +
                std::string(batch.stream()) + ", refused by themselves by " + poster_.server() +
                ": " + std::to_string(first.answer.status) + " " + first.answer.reason +
                " for the one of " + std::to_string(first.bytes) + " bytes, sequence " +
                std::to_string(first.sequence));
    refused.clear();
}

void BatchPoster::tell_rejected(Batch& batch, const Records& records, std::size_t count,
                                const PostAnswer& answer) {
    count = std::min(count, records.size());
    batch.rejected(count);
    host_.warn("left out " + std::to_string(count) + " of " + std::to_string(records.size()) +
               " records of stream " + std::string(batch.stream()) + ", which " + poster_.server() +
               " will never take: " + shown_text(answer));
}

} // namespace cmw::shared
