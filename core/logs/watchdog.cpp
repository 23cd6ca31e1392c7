// SPDX-License-Identifier: Apache-2.0
#include "logs/watchdog.hpp"

#include "base/worker.hpp"

#include <condition_variable>
#include <map>
#include <mutex>

namespace cmw::logs {

struct Watchdog::State {
    struct Entry {
        base::Monotonic at;
        std::function<void()> late;
    };

    std::mutex mutex;
    std::condition_variable changed;
    std::map<Number, Entry> entries;
    Number next = 1;
    bool ending = false;
    base::Monotonic wakes_at = base::Monotonic::max(); ///< What the thread sleeps until.
    std::unique_ptr<base::Worker> thread;

    void run();
};

void Watchdog::State::run() {
    std::unique_lock lock(mutex);
    while (!ending) {
        const auto now = base::monotonic_now();
        wakes_at = base::Monotonic::max();
        std::vector<std::function<void()>> late;
        for (auto it = entries.begin(); it != entries.end();) {
            if (it->second.at <= now) {
                late.push_back(std::move(it->second.late));
                it = entries.erase(it);
            } else {
                wakes_at = std::min(wakes_at, it->second.at);
                ++it;
            }
        }
        if (!late.empty()) {
            lock.unlock();
            for (const auto& function : late) function();
            late.clear();
            lock.lock();
        } else if (wakes_at == base::Monotonic::max()) {
            changed.wait(lock);
        } else {
            changed.wait_until(lock, wakes_at);
        }
    }
}

Watchdog::Watchdog() : state_(std::make_unique<State>()) {
    state_->thread = std::make_unique<base::Worker>("log-watchdog");
    state_->thread->post([state = state_.get()] { state->run(); });
}

Watchdog::~Watchdog() {
    end();
}

Watchdog::Number Watchdog::watch(base::Monotonic at, std::function<void()> late) {
    const std::lock_guard lock(state_->mutex);
    const auto number = state_->next++;
    state_->entries.emplace(number, State::Entry{at, std::move(late)});
    if (at < state_->wakes_at) state_->changed.notify_one();
    return number;
}

void Watchdog::take_back(Number number) {
    std::function<void()> dropped; // Destroyed without the lock.
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->entries.find(number);
    if (found == state_->entries.end()) return;
    dropped = std::move(found->second.late);
    state_->entries.erase(found);
}

void Watchdog::end() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->ending = true;
    }
    state_->changed.notify_all();
    state_->thread.reset();
}

} // namespace cmw::logs
