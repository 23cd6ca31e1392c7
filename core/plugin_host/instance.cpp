// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/instance.hpp"

#include "base/text.hpp"
#include "base/worker.hpp"
#include "plugin_host/way_back.hpp"

#include <atomic>
#include <deque>
#include <fmt/format.h>
#include <future>

namespace cmw::plugin_host {

namespace {

using State = InstanceStatus::State;

/// A session with the worker that is alone in it. Owned by the instance and by the job that runs.
struct Life {
    std::unique_ptr<Session> session; ///< The worker's.
    std::atomic<bool> abandoned{false};
};

/// The sum, or max() if there is no such point in time.
base::Monotonic later(base::Monotonic from, base::Nanoseconds delay) {
    return delay < base::Monotonic::max() - from ? from + delay : base::Monotonic::max();
}

bool is_fault(cmw_status status) {
    return status != CMW_CANCELLED && status != CMW_NOT_FOUND && status != CMW_UNSUPPORTED;
}

} // namespace

struct Instance::Impl : std::enable_shared_from_this<Impl> {
    struct Turn {
        base::Nanoseconds deadline{};
        Job job; ///< Empty: destroy the session.
        Done done;
    };
    struct Running {
        std::uint64_t id = 0;
        std::shared_ptr<Call> call;
        Done done;
        base::Monotonic stuck_at;
        base::EventLoop::Handle watch;
    };

    Impl(base::EventLoop& loop_, const Plugin& plugin_, config::InstanceSettings settings_,
         HostContext host_, base::Nanoseconds grace_)
        : loop(loop_),
          plugin(plugin_),
          settings(std::move(settings_)),
          host(std::move(host_)),
          grace(grace_),
          gate(std::make_shared<Gate>(loop_)) {}

    base::EventLoop& loop;
    const Plugin& plugin;
    const config::InstanceSettings settings;
    const HostContext host;
    const base::Nanoseconds grace;
    const std::shared_ptr<Gate> gate;
    std::shared_ptr<Life> life;
    std::unique_ptr<base::Worker> worker; ///< Set exactly while `life` is.
    std::deque<Turn> waiting;
    std::optional<Running> running;
    std::uint64_t next_id = 1;
    unsigned abandoned = 0; ///< Calls that were given up and are not back yet.
    bool ended = false;
    InstanceStatus status;
    std::function<void()> changed;

    void add(Turn turn);
    void start_next();
    std::function<void()> work_of(std::uint64_t id, std::shared_ptr<Call> call, Job job) const;
    void finished(std::uint64_t id, const tl::expected<void, Failure>& result);
    void expect_back(base::Monotonic stuck_at);
    void give_up();
    void refuse(Turn turn, const Failure& failure);
    void cancel();
    void end();
    void set_status(State state, std::string error);
};

void Instance::Impl::set_status(State state, std::string error) {
    if (error.empty()) error = status.last_error;
    if (status.state == state && status.last_error == error) return;
    status.state = state;
    status.last_error = std::move(error);
    if (changed) changed();
}

void Instance::Impl::add(Turn turn) {
    waiting.push_back(std::move(turn));
    start_next();
}

/// Takes the next turn, if there is one and the worker is free.
void Instance::Impl::start_next() {
    while (!running && !waiting.empty() && !ended) {
        auto turn = std::move(waiting.front());
        waiting.pop_front();
        const bool has_session = life != nullptr;
        if (!turn.job && !has_session) continue;
        if (abandoned >= max_abandoned) {
            refuse(std::move(turn),
                   {CMW_AGAIN,
                    fmt::format("cannot call it: {} calls before never came back", abandoned),
                    {}});
            continue;
        }
        if (!has_session) {
            life = std::make_shared<Life>();
            worker = std::make_unique<base::Worker>(settings.name);
        }
        const auto now = base::monotonic_now();
        const auto deadline = later(now, turn.deadline);
        auto call = std::make_shared<Call>(deadline);
        running.emplace(Running{next_id++, call, std::move(turn.done), base::Monotonic::max(), {}});
        expect_back(later(deadline, grace));
        worker->post(work_of(running->id, std::move(call), std::move(turn.job)));
    }
}

/// What the worker does for one turn. It owns all it needs, since it may outlive the instance; the
/// plugin lives as long as the process.
std::function<void()> Instance::Impl::work_of(std::uint64_t id, std::shared_ptr<Call> call,
                                              Job job) const {
    const auto where = settings.kind + "." + settings.name;
    const auto weak = std::weak_ptr<Impl>(std::const_pointer_cast<Impl>(shared_from_this()));
    auto report =
        std::make_shared<Report>(gate, [weak, id](const tl::expected<void, Failure>& result) {
            if (const auto impl = weak.lock()) impl->finished(id, result);
        });
    return [report = std::move(report), call = std::move(call), job = std::move(job), life = life,
            plugin = &plugin, where, options = settings.options, host = host]() mutable {
        auto& result = report->result;
        if (!job) {
            life->session.reset();
        } else {
            if (life->session == nullptr) {
                auto session = Session::create(*plugin, where, options, host);
                if (session)
                    life->session = std::move(*session);
                else
                    result = tl::unexpected(session.error());
            }
            if (result) result = job(*life->session, call->get());
        }
        // Nobody else will: the instance let go of it.
        if (life->abandoned.load()) life->session.reset();
        report.reset();
    };
}

/// Gives the running call up at `stuck_at`, if that is earlier than planned.
void Instance::Impl::expect_back(base::Monotonic stuck_at) {
    if (stuck_at >= running->stuck_at) return;
    running->stuck_at = stuck_at;
    running->watch = loop.at(stuck_at, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->give_up();
    });
}

void Instance::Impl::finished(std::uint64_t id, const tl::expected<void, Failure>& result) {
    if (ended) return;
    if (!running || running->id != id) { // It was given up long ago, and is back after all.
        --abandoned;
        return;
    }
    const auto done = std::move(running->done);
    running.reset();
    if (done) {
        const bool fault = !result && is_fault(result.error().status);
        set_status(fault ? State::failed : State::ok, fault ? result.error().text : "");
        done(result);
    }
    start_next();
}

/// The running call is not coming back: goes on without its session and thread.
void Instance::Impl::give_up() {
    const auto done = std::move(running->done);
    running->call->cancel();
    life->abandoned = true;
    worker->abandon();
    worker.reset();
    life.reset();
    running.reset();
    ++abandoned;
    ++status.reinitialisations;
    const Failure failure{CMW_CANCELLED,
                          fmt::format("cannot wait any longer: a call of the plugin \"{}\" did not "
                                      "come back {} after it was to end",
                                      plugin.schema.name, base::format_duration(grace)),
                          {}};
    set_status(State::stuck, failure.text);
    if (done) done(tl::unexpected(failure));
    start_next();
}

void Instance::Impl::refuse(Turn turn, const Failure& failure) {
    if (!turn.done) return;
    gate->post([weak = weak_from_this(), done = std::move(turn.done), failure] {
        const auto self = weak.lock();
        if (self && !self->ended) done(tl::unexpected(failure));
    });
}

void Instance::Impl::cancel() {
    std::deque<Turn> resets;
    for (auto& turn : std::exchange(waiting, {})) {
        if (turn.job)
            refuse(std::move(turn), {CMW_CANCELLED, "cannot go on: the call was cancelled", {}});
        else
            resets.push_back(std::move(turn));
    }
    waiting = std::move(resets);
    if (!running) return;
    running->call->cancel();
    expect_back(later(base::monotonic_now(), grace));
}

void Instance::Impl::end() {
    ended = true;
    waiting.clear();
    gate->close();
    if (running) {
        running->call->cancel();
        running->watch.reset();
    }
    if (worker == nullptr) return;
    auto gone = std::make_shared<std::promise<void>>();
    auto wait = gone->get_future();
    worker->post([life = life, gone] {
        life->session.reset();
        gone->set_value();
    });
    if (wait.wait_for(grace) == std::future_status::ready) return;
    life->abandoned = true;
    worker->abandon();
}

Instance::Instance(base::EventLoop& loop, const Plugin& plugin, config::InstanceSettings settings,
                   HostContext host, base::Nanoseconds grace)
    : impl_(std::make_shared<Impl>(loop, plugin, std::move(settings), std::move(host), grace)) {}

Instance::~Instance() {
    impl_->end();
}

void Instance::call(base::Nanoseconds deadline, Job job, Done done) {
    impl_->add({deadline, std::move(job), std::move(done)});
}

void Instance::cancel() {
    impl_->cancel();
}

void Instance::reinitialise() {
    ++impl_->status.reinitialisations;
    impl_->set_status(State::reinitialising, "");
    impl_->add({base::Nanoseconds::zero(), {}, {}});
}

const config::InstanceSettings& Instance::settings() const {
    return impl_->settings;
}

const Plugin& Instance::plugin() const {
    return impl_->plugin;
}

InstanceStatus Instance::status() const {
    const auto& plugin = this->plugin();
    if (plugin.table == nullptr)
        return {InstanceStatus::State::failed, impl_->status.reinitialisations, plugin.refusal};
    return impl_->status;
}

void Instance::on_status(std::function<void()> changed) {
    impl_->changed = std::move(changed);
}

} // namespace cmw::plugin_host
