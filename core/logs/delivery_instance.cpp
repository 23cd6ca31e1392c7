// SPDX-License-Identifier: Apache-2.0
// The writers of a delivery: which one is given what, and what follows from what comes of it.
#include "base/backoff.hpp"
#include "base/text.hpp"
#include "logs/delivery.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <random>
#include <sys/eventfd.h>

namespace cmw::logs {

namespace {

using State = plugin_host::InstanceStatus::State;

double random_fraction() {
    thread_local std::minstd_rand generator{std::random_device{}()};
    return std::uniform_real_distribution<>(0.0, 1.0)(generator);
}

std::string shown(base::Nanoseconds wait) {
    return base::format_duration(std::chrono::floor<std::chrono::milliseconds>(wait));
}

} // namespace

base::Nanoseconds put_off(unsigned& failures, base::Monotonic& retry, base::Nanoseconds at_least) {
    const auto wait = std::max(base::Backoff{}.delay(++failures, random_fraction()), at_least);
    retry = base::monotonic_now() + wait;
    return wait;
}

/// A writer that has nothing to do, rather one that has an instance; nothing if all are busy, or so
/// many hang that no new one is made.
std::optional<std::size_t> Delivery::idle_slot() const {
    std::optional<std::size_t> found;
    std::size_t living = 0;
    for (std::size_t i = 0; i < in_flight(); ++i) {
        const auto& slot = slots_[i];
        if (slot.writer) ++living;
        if (slot.busy || (found && !slot.has_instance)) continue;
        if (!found || !slots_[*found].has_instance) found = i;
    }
    const auto most = std::max(in_flight(), most_given_up);
    if (found && !slots_[*found].writer && living + board_.given_up >= most) return std::nullopt;
    return found;
}

/// When there is a writer for a batch, if nothing else happens before.
base::Monotonic Delivery::free_at() const {
    const auto slot = idle_slot();
    if (!slot || new_limits_) return base::Monotonic::max();
    return slots_[*slot].has_instance || now_.stopping ? now_.monotonic : instance_retry_;
}

Delivery::Served Delivery::ask_for_limits() {
    if (busy() || free_at() > now_.monotonic) return Served::blocked;
    give(*idle_slot(), {});
    return Served::blocked;
}

Delivery::Served Delivery::send(std::size_t stream) {
    if (free_at() > now_.monotonic) return Served::blocked;
    auto& tail = *streams_[stream].tail;
    if (!tail.window().waits()) tail.cut();
    const auto& sent = tail.take();
    const auto slot = *idle_slot();
    slots_[slot].stream = stream;
    slots_[slot].batch = sent.batch;
    give(slot, {sent.batch, sent.delivered, board_.streams[stream].use.use, *limits_});
    first_ = stream + 1;
    return Served::worked;
}

void Delivery::give(std::size_t slot, Writer::Job job) {
    auto& used = slots_[slot];
    if (!used.writer) used.writer = std::make_unique<Writer>(setup_, slot);
    used.busy = true;
    used.writer->start(std::move(job));
}

void Delivery::collect() {
    std::vector<WriteReport> reports;
    {
        const std::lock_guard lock(board_.mutex);
        reports.swap(board_.reports);
        if (board_.instance.state == State::stuck && idle_slot())
            board_.instance.state = State::reinitialising;
    }
    for (const auto& report : reports) settle(report);
    if (new_limits_ && !busy()) take_limits(*new_limits_);
}

void Delivery::settle(const WriteReport& report) {
    auto& slot = slots_[report.writer];
    const auto batch = std::exchange(slot.batch, nullptr);
    const bool had_instance = std::exchange(slot.has_instance, report.limits && !report.failure);
    slot.busy = false;
    if (report.hung) slot.writer.reset();
    if (report.limits && !had_instance) instance_made(slot, *report.limits);
    if (report.failure) slot.failed = true;

    if (batch) {
        auto& mine = streams_[slot.stream];
        const auto moved = mine.tail->written(*batch, report.delivered, report.rejected);
        publish(slot.stream, moved);
        if (moved.records > 0 && !report.failure) {
            mine.failures = 0;
            const std::lock_guard lock(board_.mutex);
            board_.instance.state = State::ok;
        }
    }
    if (!report.failure) return;
    if (batch && (report.limits || report.hung))
        write_failed(slot.stream, report);
    else
        instance_failed(report);
}

void Delivery::instance_made(Slot& slot, const cmw_log_limits& limits) {
    instance_failures_ = 0;
    {
        const std::lock_guard lock(board_.mutex);
        auto& status = board_.instance;
        if (std::exchange(slot.failed, false)) ++status.reinitialisations;
        // After a failed write only one that is delivered shows that it works again.
        const auto well = [](const Stream& one) { return one.failures == 0; };
        if (std::ranges::all_of(streams_, well)) status.state = State::ok;
    }
    if (!limits_)
        take_limits(limits);
    else if (!same_limits(*limits_, limits))
        new_limits_ = limits;
}

/// None could be made.
void Delivery::instance_failed(const WriteReport& report) {
    const auto wait = put_off(instance_failures_, instance_retry_, report.failure->retry_after);
    tell_failure(report, fmt::format("tried again in {}", shown(wait)));
    for (std::size_t i = 0; i < streams_.size(); ++i) {
        if (now_.stopping) streams_[i].finished = true;
        const auto& use = board_.streams[i].use;
        if (use.disk && !streams_[i].tail) use.disk->confirmed(setup_->backend.name, {});
    }
}

void Delivery::write_failed(std::size_t stream, const WriteReport& report) {
    auto& mine = streams_[stream];
    // What was under way together and fails together is one failure.
    auto wait = std::max(mine.retry - base::monotonic_now(), report.failure->retry_after);
    if (mine.retry <= base::monotonic_now())
        wait = put_off(mine.failures, mine.retry, wait);
    else
        mine.retry = base::monotonic_now() + wait;
    mine.finished = now_.stopping;
    tell_failure(report, fmt::format("stream {} tried again in {}",
                                     board_.streams[stream].use.stream, shown(wait)));
}

void Delivery::tell_failure(const WriteReport& report, const std::string& next) {
    {
        const std::lock_guard lock(board_.mutex);
        board_.instance.state = idle_slot() || busy() ? State::reinitialising : State::stuck;
        board_.instance.last_error = report.failure->text;
    }
    setup_->log(report.hung ? CMW_LEVEL_ERROR : CMW_LEVEL_WARN,
                fmt::format("log-backend.{}: {}; {}{}", setup_->backend.name, report.failure->text,
                            report.hung ? "its thread is given up, " : "", next));
}

/// Tails for the limits of an instance, from the cursors as they stand. None is being written.
void Delivery::take_limits(const cmw_log_limits& limits) {
    limits_ = limits;
    new_limits_.reset();
    slots_.resize(std::max(slots_.size(), in_flight()));
    for (std::size_t i = 0; i < streams_.size(); ++i)
        if (!board_.streams[i].use.is_wildcard()) make_tail(i);
}

void Delivery::make_tail(std::size_t stream) {
    const auto& use = board_.streams[stream].use;
    streams_[stream].tail.emplace(Tail::Settings{use.stream, use.path, use.cursor_path, setup_->log,
                                                 Admission(use.min_level, use.rate),
                                                 std::random_device{}(), use.disk, memory_},
                                  *use.rules, *limits_);
    streams_[stream].news = true;
}

void Delivery::wait_for_reports(base::Monotonic until) {
    while (busy() && base::monotonic_now() < until) {
        pollfd wake{board_.wake.get(), POLLIN, 0};
        wait_for({&wake, 1}, until);
        eventfd_t count = 0;
        (void)::eventfd_read(board_.wake.get(), &count);
        collect();
    }
}

/// What is being written is cancelled, and waited for as long as a cancelled call may take.
void Delivery::end() {
    base::Monotonic until;
    {
        const std::lock_guard lock(board_.mutex);
        until = *board_.stop_by + setup_->backend.grace;
    }
    for (const auto& slot : slots_)
        if (slot.busy) slot.writer->cancel();
    wait_for_reports(until);
    for (auto& stream : streams_)
        if (stream.tail) stream.tail->sync();
    for (auto& slot : slots_) {
        if (!slot.writer || slot.busy) continue;
        slot.busy = true;
        slot.writer->end();
    }
    wait_for_reports(until);
    slots_.clear();
}

} // namespace cmw::logs
