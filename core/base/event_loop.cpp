// SPDX-License-Identifier: Apache-2.0
#include "base/event_loop.hpp"

#include "base/unique_fd.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <limits>
#include <map>
#include <mutex>
#include <sys/eventfd.h>
#include <vector>

namespace cmw::base {

struct EventLoop::Impl {
    struct Watch {
        int fd = -1;
        std::function<void(std::uint32_t)> callback;
    };
    struct Timer {
        std::function<void()> callback;
    };

    UniqueFd epoll;
    UniqueFd wake; ///< eventfd: readable while something is posted.
    std::atomic<bool> stopping{false};
    std::mutex mutex; ///< Guards posted alone.
    std::vector<std::function<void()>> posted;
    std::map<std::uint64_t, std::shared_ptr<Watch>> watches;
    std::multimap<Monotonic, std::shared_ptr<Timer>> timers;
    std::uint64_t next_id = 1; ///< 0 is the wake descriptor.

    void run_posted();
    void run_timers();
    int patience_ms(Nanoseconds limit) const;
    void wait_and_dispatch(int timeout_ms);
};

EventLoop::EventLoop(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EventLoop::~EventLoop() = default;

Result<std::unique_ptr<EventLoop>> EventLoop::create() {
    auto impl = std::make_unique<Impl>();
    impl->epoll.reset(::epoll_create1(EPOLL_CLOEXEC));
    if (!impl->epoll) return fail(system_problem("", "create an epoll descriptor", errno));
    impl->wake.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!impl->wake) return fail(system_problem("", "create an event descriptor", errno));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = 0;
    if (::epoll_ctl(impl->epoll.get(), EPOLL_CTL_ADD, impl->wake.get(), &event) != 0)
        return fail(system_problem("", "watch an event descriptor", errno));
    return std::unique_ptr<EventLoop>(new EventLoop(std::move(impl)));
}

Result<EventLoop::Handle> EventLoop::watch(int fd, std::uint32_t events,
                                           std::function<void(std::uint32_t)> callback) {
    const auto id = impl_->next_id++;
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    if (::epoll_ctl(impl_->epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0)
        return fail(system_problem("", "watch a descriptor", errno));
    auto watch = std::make_shared<Impl::Watch>(Impl::Watch{fd, std::move(callback)});
    impl_->watches.emplace(id, watch);
    return Handle(std::shared_ptr<void>(nullptr, [weak = std::weak_ptr<Impl>(impl_), id](void*) {
        const auto impl = weak.lock();
        if (!impl) return;
        const auto found = impl->watches.find(id);
        if (found == impl->watches.end()) return;
        ::epoll_ctl(impl->epoll.get(), EPOLL_CTL_DEL, found->second->fd, nullptr);
        impl->watches.erase(found);
    }));
}

EventLoop::Handle EventLoop::at(Monotonic at, std::function<void()> callback) {
    auto timer = std::make_shared<Impl::Timer>(Impl::Timer{std::move(callback)});
    impl_->timers.emplace(at, timer);
    return Handle(
        std::shared_ptr<void>(nullptr, [weak = std::weak_ptr<Impl>(impl_), at, timer](void*) {
            const auto impl = weak.lock();
            if (!impl) return;
            const auto [first, last] = impl->timers.equal_range(at);
            for (auto it = first; it != last; ++it) {
                if (it->second != timer) continue;
                impl->timers.erase(it);
                return;
            }
        }));
}

void EventLoop::post(std::function<void()> work) {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->posted.push_back(std::move(work));
    }
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then the loop is awake already.
    [[maybe_unused]] const auto written = ::write(impl_->wake.get(), &one, sizeof one);
}

void EventLoop::stop() {
    post([impl = impl_.get()] { impl->stopping = true; });
}

void EventLoop::run() {
    impl_->stopping = false;
    while (!impl_->stopping) run_once(Nanoseconds::max());
}

void EventLoop::run_once(Nanoseconds patience) {
    impl_->wait_and_dispatch(impl_->patience_ms(patience));
    impl_->run_timers();
}

int EventLoop::Impl::patience_ms(Nanoseconds limit) const {
    using std::chrono::milliseconds;
    if (!timers.empty())
        limit = std::min(limit, std::max(Nanoseconds(timers.begin()->first - monotonic_now()),
                                         Nanoseconds::zero()));
    const auto rounded_up =
        std::chrono::ceil<milliseconds>(std::min(limit, Nanoseconds(std::chrono::hours(24 * 20))));
    return limit == Nanoseconds::max() ? -1 : static_cast<int>(rounded_up.count());
}

void EventLoop::Impl::wait_and_dispatch(int timeout_ms) {
    std::array<epoll_event, 32> events;
    const int count =
        ::epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
    for (int i = 0; i < count; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        const std::uint64_t id = event.data.u64; // The kernel's struct is packed.
        if (id == 0) {
            run_posted();
            continue;
        }
        // A callback before this one may have ended this subscription.
        const auto found = watches.find(id);
        if (found == watches.end()) continue;
        const auto watch = found->second; // Lives on if the callback drops its own handle.
        watch->callback(event.events);
    }
}

void EventLoop::Impl::run_posted() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(wake.get(), &count, sizeof count);
    std::vector<std::function<void()>> work;
    {
        const std::lock_guard lock(mutex);
        work.swap(posted);
    }
    for (auto& item : work) item();
}

void EventLoop::Impl::run_timers() {
    const auto now = monotonic_now();
    while (!timers.empty() && timers.begin()->first <= now) {
        const auto timer = timers.begin()->second;
        timers.erase(timers.begin());
        timer->callback();
    }
}

} // namespace cmw::base
