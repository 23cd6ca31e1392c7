// SPDX-License-Identifier: Apache-2.0
#include "base/worker.hpp"

#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <pthread.h>
#include <thread>

namespace cmw::base {

struct Worker::State {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::function<void()>> jobs;
    bool ending = false;
    std::thread thread;

    void run() {
        while (true) {
            std::function<void()> job;
            {
                std::unique_lock lock(mutex);
                changed.wait(lock, [this] { return ending || !jobs.empty(); });
                if (jobs.empty()) return;
                job = std::move(jobs.front());
                jobs.pop_front();
            }
            job();
        }
    }
};

Worker::Worker(const std::string& name) : state_(std::make_shared<State>()) {
    // The thread inherits the mask: no signal can slip in between.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    state_->thread = std::thread([state = state_] { state->run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_setname_np(state_->thread.native_handle(), name.substr(0, 15).c_str());
}

Worker::~Worker() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->ending = true;
    }
    state_->changed.notify_all();
    if (state_->thread.joinable()) state_->thread.join();
}

void Worker::post(std::function<void()> job) {
    {
        const std::lock_guard lock(state_->mutex);
        state_->jobs.push_back(std::move(job));
    }
    state_->changed.notify_one();
}

void Worker::abandon() {
    std::deque<std::function<void()>> dropped; // Destroyed without the lock.
    {
        const std::lock_guard lock(state_->mutex);
        state_->ending = true;
        dropped.swap(state_->jobs);
    }
    state_->changed.notify_all();
    if (state_->thread.joinable()) state_->thread.detach();
}

} // namespace cmw::base
