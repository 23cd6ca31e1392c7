// SPDX-License-Identifier: Apache-2.0
#include "logs/writer.hpp"

#include "base/text.hpp"
#include "base/worker.hpp"

#include <fmt/format.h>
#include <sys/eventfd.h>

namespace cmw::logs {

/// Owned by the thread and what watches it: the one that is last may be a thread that was let go of.
struct Writer::State : std::enable_shared_from_this<State> {
    State(std::shared_ptr<const DeliverySetup> shared, std::size_t own)
        : setup(std::move(shared)), number(own) {}

    const std::shared_ptr<const DeliverySetup> setup;
    const std::size_t number;

    std::mutex mutex;                        ///< Guards what follows, but for the instance.
    bool busy = false;                       ///< There is a job without an outcome ...
    bool lost = false;                       ///< ... and its thread is not waited for any longer.
    std::uint64_t calls = 0;                 ///< Counts the calls into the plugin.
    bool in_call = false;                    ///< One is running ...
    std::shared_ptr<plugin_host::Call> call; ///< ... which can be cancelled if this is set.

    std::unique_ptr<plugin_host::LogBackend> instance; ///< Of the thread.

    bool guarded(const std::shared_ptr<plugin_host::Call>& cancellable,
                 const std::function<void()>& work);
    void give_up(std::uint64_t which);
    void report(WriteReport report);
    bool make(WriteReport& report);
    bool write(const Job& job, WriteReport& report);
    bool carry_out(Job job);
    bool end();
    void run(const std::function<bool(State&)>& job);
};

/// Calls into the plugin, watched. False: it took too long, and this thread is lost.
bool Writer::State::guarded(const std::shared_ptr<plugin_host::Call>& cancellable,
                            const std::function<void()>& work) {
    std::uint64_t which = 0;
    {
        const std::lock_guard lock(mutex);
        if (lost) return false;
        which = ++calls;
        in_call = true;
        call = cancellable;
    }
    const auto watched = setup->watchdog->watch(
        base::monotonic_now() + setup->backend.deadline,
        [weak = weak_from_this(), cancellable, which] {
            const auto state = weak.lock();
            if (!state) return;
            if (cancellable) cancellable->cancel();
            (void)state->setup->watchdog->watch(base::monotonic_now() + state->setup->backend.grace,
                                                [weak, which] {
                                                    if (const auto late = weak.lock())
                                                        late->give_up(which);
                                                });
        });
    work();
    setup->watchdog->take_back(watched);
    const std::lock_guard lock(mutex);
    in_call = false;
    call.reset();
    return !lost;
}

/// On the watchdog's thread.
void Writer::State::give_up(std::uint64_t which) {
    {
        const std::lock_guard lock(mutex);
        if (lost || !in_call || calls != which) return;
        lost = true;
        ++setup->board->given_up;
    }
    WriteReport given_up;
    given_up.hung = true;
    given_up.failure =
        plugin_host::Failure{CMW_FAILED,
                             fmt::format("cannot wait any longer: no return {} after the deadline",
                                         base::format_duration(setup->backend.grace)),
                             {}};
    report(std::move(given_up));
}

void Writer::State::report(WriteReport report) {
    report.writer = number;
    auto& board = *setup->board;
    {
        const std::lock_guard lock(mutex);
        busy = false;
    }
    const std::lock_guard lock(board.mutex);
    board.reports.push_back(std::move(report));
    (void)::eventfd_write(board.wake.get(), 1);
}

bool Writer::State::make(WriteReport& report) {
    tl::expected<std::unique_ptr<plugin_host::LogBackend>, plugin_host::Failure> made;
    const bool back = guarded(nullptr, [&] { made = setup->backend.factory(); });
    if (made) {
        instance = std::move(*made);
        report.limits = instance->limits();
    } else {
        report.failure = made.error();
    }
    return back;
}

bool Writer::State::write(const Job& job, WriteReport& report) {
    const std::span<const cmw_log_record> records(job.batch->records);
    const auto rest = records.subspan(job.first);
    const cmw_log_batch batch{sizeof(cmw_log_batch), sizeof(cmw_log_record), rest.size(),
                              rest.data(),           &job.use->get(),        nullptr};
    const auto cancellable =
        std::make_shared<plugin_host::Call>(base::monotonic_now() + setup->backend.deadline);
    plugin_host::WriteOutcome outcome;
    if (!guarded(cancellable, [&] { outcome = instance->write(batch, *cancellable); }))
        return false;
    report.delivered = outcome.failure ? std::min(outcome.delivered, rest.size()) : rest.size();
    report.rejected = std::min(outcome.rejected, report.delivered);
    report.failure = std::move(outcome.failure);
    return !report.failure || guarded(nullptr, [this] { instance.reset(); });
}

/// False: the thread is lost, and what came of it counts no more.
bool Writer::State::carry_out(Job job) {
    WriteReport done;
    if (!instance && !make(done)) return false;
    if (instance && !done.limits) done.limits = instance->limits();
    if (instance && job.batch && same_limits(job.limits, *done.limits) && !write(job, done))
        return false;
    job = {}; // Whoever reads the report may take the batch for his own.
    report(std::move(done));
    return true;
}

bool Writer::State::end() {
    if (!guarded(nullptr, [this] { instance.reset(); })) return false;
    report({});
    return true;
}

void Writer::State::run(const std::function<bool(State&)>& job) {
    if (job(*this)) return;
    instance.reset();
    auto& board = *setup->board;
    --board.given_up;
    (void)::eventfd_write(board.wake.get(), 1);
}

Writer::Writer(std::shared_ptr<const DeliverySetup> setup, std::size_t number)
    : thread_(std::make_unique<base::Worker>("log-" + setup->backend.name)) {
    state_ = std::make_shared<State>(std::move(setup), number);
}

Writer::~Writer() {
    bool back = false;
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->busy && !std::exchange(state_->lost, true)) ++state_->setup->board->given_up;
        back = !state_->lost;
    }
    if (!back) thread_->abandon();
}

void Writer::start(Job job) {
    {
        const std::lock_guard lock(state_->mutex);
        state_->busy = true;
    }
    thread_->post([state = state_, job = std::move(job)]() mutable {
        state->run([&](State& own) { return own.carry_out(std::move(job)); });
    });
}

void Writer::end() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->busy = true;
    }
    thread_->post([state = state_] { state->run(&State::end); });
}

void Writer::cancel() {
    const std::lock_guard lock(state_->mutex);
    if (state_->call) state_->call->cancel();
}

bool same_limits(const cmw_log_limits& a, const cmw_log_limits& b) {
    return a.records == b.records && a.bytes == b.bytes && a.overhead_bytes == b.overhead_bytes &&
           a.record_bytes == b.record_bytes && a.linger_ns == b.linger_ns &&
           a.in_flight == b.in_flight;
}

} // namespace cmw::logs
