// SPDX-License-Identifier: Apache-2.0
// The life of the backend's instance within a delivery: made, written to, dropped on any failure.
#include "base/backoff.hpp"
#include "base/text.hpp"
#include "logs/delivery.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <random>

namespace cmw::logs {

namespace {

double random_fraction() {
    thread_local std::minstd_rand generator{std::random_device{}()};
    return std::uniform_real_distribution<>(0.0, 1.0)(generator);
}

bool same_limits(const cmw_log_limits& a, const cmw_log_limits& b) {
    return a.records == b.records && a.bytes == b.bytes && a.overhead_bytes == b.overhead_bytes &&
           a.record_bytes == b.record_bytes && a.linger_ns == b.linger_ns;
}

} // namespace

base::Nanoseconds put_off(unsigned& failures, base::Monotonic& retry, base::Nanoseconds at_least) {
    const auto wait = std::max(base::Backoff{}.delay(++failures, random_fraction()), at_least);
    retry = base::monotonic_now() + wait;
    return wait;
}

/// Calls into the plugin, watched. False: it took too long, and this life was given up meanwhile.
bool Delivery::guarded(const std::shared_ptr<plugin_host::Call>& call, std::size_t stream,
                       const std::function<void()>& work) {
    std::uint64_t number = 0;
    {
        const std::lock_guard lock(board_.mutex);
        if (board_.life != life_) return false;
        number = ++board_.works;
        board_.working = true;
        board_.working_for = stream;
        board_.call = call;
    }
    const std::weak_ptr weak = setup_;
    const auto watched = setup_->watchdog->watch(
        base::monotonic_now() + setup_->backend.deadline, [weak, call, number] {
            const auto setup = weak.lock();
            if (!setup) return;
            if (call) call->cancel();
            (void)setup->watchdog->watch(base::monotonic_now() + setup->backend.grace,
                                         [weak, number] {
                                             if (const auto late = weak.lock())
                                                 late->give_up(number);
                                         });
        });
    work();
    setup_->watchdog->take_back(watched);
    const std::lock_guard lock(board_.mutex);
    if (board_.life != life_) return false;
    board_.working = false;
    board_.call.reset();
    return true;
}

Delivery::Served Delivery::make_instance() {
    if (instance_) return Served::worked;
    {
        const std::lock_guard lock(board_.mutex);
        if (!now_.stopping && now_.monotonic < board_.instance_retry) return Served::blocked;
    }
    tl::expected<std::unique_ptr<plugin_host::LogBackend>, plugin_host::Failure> made;
    if (!guarded(nullptr, 0, [&] { made = setup_->backend.factory(); })) return Served::given_up;
    base::Nanoseconds wait{};
    {
        using State = plugin_host::InstanceStatus::State;
        const std::lock_guard lock(board_.mutex);
        auto& shown = board_.instance;
        if (made) {
            board_.instance_failures = 0;
            if (shown.state != State::ok) ++shown.reinitialisations;
            // After a failed write only one that is delivered shows that it works again.
            if (std::ranges::all_of(board_.streams, [](auto& one) { return one.failures == 0; }))
                shown.state = State::ok;
        } else {
            wait =
                put_off(board_.instance_failures, board_.instance_retry, made.error().retry_after);
            shown.state = State::reinitialising;
            shown.last_error = made.error().text;
        }
    }
    if (!made) {
        setup_->log(
            CMW_LEVEL_WARN,
            fmt::format(
                "log-backend.{}: {}; tried again in {}", setup_->backend.name, made.error().text,
                base::format_duration(std::chrono::floor<std::chrono::milliseconds>(wait))));
        if (now_.stopping)
            for (auto& stream : streams_) stream.finished = true;
        return Served::blocked;
    }
    instance_ = std::move(*made);
    if (!limits_ || !same_limits(*limits_, instance_->limits())) make_tails();
    return Served::worked;
}

/// For the limits of the instance, from the cursors as they stand.
void Delivery::make_tails() {
    limits_ = instance_->limits();
    for (std::size_t i = 0; i < streams_.size(); ++i)
        if (!board_.streams[i].use.is_wildcard()) make_tail(i);
}

void Delivery::make_tail(std::size_t stream) {
    const auto& use = board_.streams[stream].use;
    streams_[stream].tail.emplace(Tail::Settings{use.stream, use.path, use.cursor_path, setup_->log,
                                                 Admission(use.min_level, use.rate)},
                                  *use.rules, *limits_);
    streams_[stream].news = true;
}

Delivery::Served Delivery::write(std::size_t stream) {
    auto& mine = streams_[stream];
    const auto made = make_instance();
    if (made != Served::worked) return made;
    if (!mine.tail->ready(now_)) return Served::worked; // Other limits, other batches.

    const auto records = mine.tail->batch();
    const cmw_log_batch batch{sizeof(cmw_log_batch),
                              sizeof(cmw_log_record),
                              records.size(),
                              records.data(),
                              &board_.streams[stream].use.use->get(),
                              nullptr};
    const auto call =
        std::make_shared<plugin_host::Call>(base::monotonic_now() + setup_->backend.deadline);
    plugin_host::WriteOutcome outcome;
    if (!guarded(call, stream, [&] { outcome = instance_->write(batch, *call); }))
        return Served::given_up;

    const auto delivered =
        outcome.failure ? std::min(outcome.delivered, records.size()) : records.size();
    mine.tail->confirm(delivered);
    publish(stream, delivered, std::min(outcome.rejected, delivered));
    if (outcome.failure) return drop_instance(stream, *outcome.failure);
    const std::lock_guard lock(board_.mutex);
    board_.streams[stream].failures = 0;
    board_.instance.state = plugin_host::InstanceStatus::State::ok;
    return Served::worked;
}

Delivery::Served Delivery::drop_instance(std::size_t stream, const plugin_host::Failure& failure) {
    base::Nanoseconds wait{};
    {
        const std::lock_guard lock(board_.mutex);
        auto& shown = board_.streams[stream];
        wait = put_off(shown.failures, shown.retry, failure.retry_after);
        board_.instance.state = plugin_host::InstanceStatus::State::reinitialising;
        board_.instance.last_error = failure.text;
    }
    setup_->log(
        CMW_LEVEL_WARN,
        fmt::format("log-backend.{}: {} (stream {}); made anew, tried again in {}",
                    setup_->backend.name, failure.text, board_.streams[stream].use.stream,
                    base::format_duration(std::chrono::floor<std::chrono::milliseconds>(wait))));
    streams_[stream].finished = now_.stopping;
    if (!guarded(nullptr, stream, [this] { instance_.reset(); })) return Served::given_up;
    return Served::blocked;
}

} // namespace cmw::logs
