// SPDX-License-Identifier: Apache-2.0
#include "consensus/watcher.hpp"

#include <random>

namespace cmw::consensus {

using plugin_host::Failure;
using plugin_host::Verdict;

struct Watcher::Impl : std::enable_shared_from_this<Watcher::Impl> {
    base::EventLoop& loop;
    plugin_host::ConsensusSource& source;
    Options options;
    std::function<void()> changed;
    std::optional<Verdict> verdict;
    std::string error;
    unsigned failures = 0;
    base::Monotonic asked_at;
    base::EventLoop::Handle timer;
    std::minstd_rand random{std::random_device{}()};

    Impl(base::EventLoop& l, plugin_host::ConsensusSource& s, Options o, std::function<void()> c)
        : loop(l), source(s), options(o), changed(std::move(c)) {}

    void ask() {
        asked_at = base::monotonic_now();
        source.poll([weak = weak_from_this()](tl::expected<Verdict, Failure> answer) {
            if (const auto self = weak.lock()) self->take(std::move(answer));
        });
    }

    void ask_after(base::Nanoseconds delay) {
        timer = loop.after(delay, [this] { ask(); });
    }

    void take(tl::expected<Verdict, Failure> answer) {
        if (!answer && answer.error().status != CMW_CANCELLED) return fail(answer.error());
        const bool recovered = !error.empty();
        const bool news = answer && verdict != *answer;
        failures = 0;
        error.clear();
        if (answer) verdict = std::move(*answer);
        if (news || recovered) changed();
        const bool waited = base::monotonic_now() - asked_at > options.pace / 10;
        ask_after(news || waited ? base::Nanoseconds::zero() : options.pace);
    }

    void fail(const Failure& failure) {
        const double part = std::generate_canonical<double, 20>(random);
        const auto delay = std::max(options.backoff.delay(++failures, part), failure.retry_after);
        source.reinitialise();
        const bool news = error != failure.text;
        error = failure.text;
        if (news) changed();
        ask_after(delay);
    }
};

Watcher::Watcher(base::EventLoop& loop, plugin_host::ConsensusSource& source, Options options,
                 std::function<void()> changed)
    : impl_(std::make_shared<Impl>(loop, source, options, std::move(changed))) {
    impl_->ask();
}

Watcher::~Watcher() {
    impl_->source.cancel();
}

const std::optional<Verdict>& Watcher::verdict() const {
    return impl_->verdict;
}

const std::string& Watcher::error() const {
    return impl_->error;
}

plugin_host::InstanceStatus Watcher::status() const {
    return impl_->source.status();
}

} // namespace cmw::consensus
