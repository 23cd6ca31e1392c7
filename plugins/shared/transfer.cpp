// SPDX-License-Identifier: Apache-2.0
#include "shared/transfer.hpp"

#include "shared/pace.hpp"

namespace cmw::shared {

namespace {

using Clock = std::chrono::steady_clock;

std::string shown_seconds(std::chrono::nanoseconds duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) +
           " s";
}

} // namespace

void check_limits(const TransferLimits& limits) {
    const auto seconds = std::chrono::duration<double>(limits.stall_timeout).count();
    if (limits.bandwidth > 0 &&
        static_cast<double>(limits.bandwidth) * seconds < static_cast<double>(limits.stall_size))
        throw Error(CMW_CONFIG, "cannot use the bandwidth: at this rate a transfer counts as "
                                "stalled; raise it or stall-timeout, or lower stall-size");
}

HttpAnswer answer_of(const HttpExchange& exchange) {
    return {exchange.status(),
            exchange.reason(),
            exchange.header("Content-Length"),
            exchange.header("Content-Range"),
            exchange.header("Content-Encoding"),
            exchange.header("Location"),
            exchange.header("Retry-After"),
            exchange.header("ETag")};
}

void Transfer::begin(const Step& step, const std::string& shown) {
    if (!begun_) {
        begun_ = true;
        position_ = step.from;
        total_ = step.total;
        try {
            writer_.begin(step.from, step.total.value_or(CMW_SIZE_UNKNOWN));
        } catch (...) {
            refused_ = true;
            throw;
        }
    } else if (!total_ || step.total != total_) {
        // What was begun is kept by the host, which checks the digest of the whole.
        throw Error(CMW_AGAIN, "cannot go on with " + shown +
                                   ": its size is not that of the file that another server began");
    }
}

void Transfer::hand_on(std::span<const std::byte> bytes) {
    try {
        writer_.write(bytes);
    } catch (...) {
        refused_ = true;
        throw;
    }
    position_ += bytes.size();
}

void Transfer::take(HttpExchange& exchange, const Step& step, const std::string& shown) {
    begin(step, shown);
    exchange.limit_silence(limits_.stall_timeout);
    StallWatch watch(limits_.stall_timeout, limits_.stall_size);
    TokenBucket bucket(limits_.bandwidth, Clock::now());
    auto at = step.from;
    while (true) {
        const auto asked = Clock::now();
        auto bytes = exchange.read();
        const auto came = Clock::now();
        if (bytes.empty()) break;
        if (watch.add(bytes.size(), came - asked))
            throw Error(CMW_AGAIN, "cannot read " + shown + ": it has stalled, fewer than " +
                                       std::to_string(limits_.stall_size) + " bytes came in " +
                                       shown_seconds(limits_.stall_timeout));
        // What another server sent already: this one knows no ranges.
        const auto known = std::min<std::uint64_t>(position_ - at, bytes.size());
        at += bytes.size();
        bytes = bytes.subspan(known);
        if (!bytes.empty()) hand_on(bytes);
        if (const auto pause = bucket.take(bytes.size() + known, came); pause.count() > 0)
            call_.wait(-1, 0, came + pause);
    }
    if (total_ && position_ < *total_)
        throw Error(CMW_AGAIN, "cannot read all of " + shown + ": " + std::to_string(position_) +
                                   " of " + std::to_string(*total_) + " bytes came");
}

void Transfer::complete(const Step& step) {
    if (begun_) return;
    begun_ = true;
    try {
        writer_.begin(step.from, *step.total);
    } catch (...) {
        refused_ = true;
        throw;
    }
}

} // namespace cmw::shared
