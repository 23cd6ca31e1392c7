// SPDX-License-Identifier: Apache-2.0
#include "container.hpp"

#include <limits>
#include <sys/eventfd.h>

namespace cmw::container {

namespace {

constexpr std::chrono::milliseconds first_pause(100);
constexpr std::chrono::milliseconds longest_pause(10'000);
/// For the rest of a log that its engine has at hand.
constexpr std::chrono::seconds longest_silence(10);

shared::UniqueFd make_event() {
    shared::UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event)
        throw std::system_error(errno, std::generic_category(), "cannot make an event descriptor");
    return event;
}

/// Cancelled by `fd` being readable, and by no time.
cmw_call endless_call(int fd) {
    return {sizeof(cmw_call), fd, std::numeric_limits<std::int64_t>::max(),
            [](const cmw_call* call) noexcept -> std::int32_t {
                pollfd cancel{call->cancel_fd, POLLIN, 0};
                return ::poll(&cancel, 1, 0) == 1 ? 1 : 0;
            }};
}

/// Between tries; false: the call is cancelled.
bool rest(const Call& call, std::chrono::milliseconds& pause) noexcept {
    try {
        call.sleep(pause);
    } catch (const Error&) {
        return false;
    }
    pause = std::min(pause * 2, longest_pause);
    return true;
}

} // namespace

std::optional<State> inspect(const Call& call, Engine& engine, const std::string& container) {
    const auto answer = engine.ask(call, "GET", "/containers/" + container + "/json");
    if (answer.status == 404) return std::nullopt;
    if (answer.ok()) return parse_state(answer.body);
    throw Error(CMW_AGAIN, "cannot ask the engine about " + container + ": " + words_of(answer));
}

void remove(const Call& call, Engine& engine, const std::string& container, bool by_force) {
    const auto answer = engine.ask(
        call, "DELETE", "/containers/" + container + "?v=1" + (by_force ? "&force=1" : ""));
    if (!answer.ok() && answer.status != 404)
        throw Error(CMW_AGAIN,
                    "cannot remove the container " + container + ": " + words_of(answer));
}

Container::Container(Host host, Facts facts)
    : host_(host),
      facts_(std::move(facts)),
      output_(facts_.paths, facts_.record, facts_.id),
      exit_fd_(make_event()),
      leave_fd_(make_event()),
      log_leave_fd_(make_event()) {
    if (facts_.paths.wanted()) log_thread_ = std::thread([this] { copy_log(); });
    thread_ = std::thread([this] { watch(); });
}

Container::~Container() {
    ::eventfd_write(leave_fd_.get(), 1);
    ::eventfd_write(log_leave_fd_.get(), 1);
    thread_.join();
    if (log_thread_.joinable()) log_thread_.join();
}

std::optional<cmw_exit> Container::exit() const {
    const std::lock_guard lock(mutex_);
    return exit_;
}

void Container::warn(const std::string& what, const std::exception& why) const {
    host_.warn("cannot " + what + " of " + facts_.name + " now: " + why.what());
}

void Container::watch() noexcept {
    const auto table = endless_call(leave_fd_.get());
    const Call call(&table);
    auto pause = first_pause;
    do {
        try {
            const auto state = wait_for_end(call);
            return finish(call, state);
        } catch (const std::exception& e) {
            if (call.cancelled()) return;
            if (pause == first_pause || pause == longest_pause) warn("watch the container", e);
        }
    } while (rest(call, pause));
}

/// Nothing: it is gone.
std::optional<State> Container::wait_for_end(const Call& call) {
    Engine engine(facts_.socket, std::string(host_.product()));
    auto pause = first_pause;
    while (true) {
        auto state = inspect(call, engine, facts_.id);
        if (!state || state->phase != State::Phase::runs) return state;
        const auto waiting =
            engine.open(call, "POST", "/containers/" + facts_.id + "/wait?condition=not-running");
        const auto answer = waiting->read_all(4096);
        call.check();
        state = inspect(call, engine, facts_.id);
        if (!state || state->phase != State::Phase::runs) return state;
        call.sleep(pause); // It ended early, and would again.
        pause = std::min(pause * 2, longest_pause);
    }
}

void Container::finish(const Call& call, const std::optional<State>& state) {
    ::eventfd_write(log_leave_fd_.get(), 1);
    if (log_thread_.joinable()) log_thread_.join();
    cmw_exit exit{sizeof(cmw_exit), CMW_EXIT_UNKNOWN, 0};
    if (state) {
        exit = exit_of(*state);
        if (state->out_of_memory)
            host_.warn(facts_.name + " was killed by the kernel: out of memory");
        copy_rest(call);
        try { // Before its end is told: the name is free for the next start.
            Engine engine(facts_.socket, std::string(host_.product()));
            remove(call, engine, facts_.id);
        } catch (const std::exception& e) {
            call.check();
            warn("remove the container", e); // The next start does it.
        }
    }
    {
        const std::lock_guard lock(mutex_);
        exit_ = exit;
    }
    ::eventfd_write(exit_fd_.get(), 1);
}

/// What the log's thread had not come to.
void Container::copy_rest(const Call& call) {
    if (!facts_.paths.wanted()) return;
    try {
        copy(call, false);
    } catch (const std::exception& e) {
        call.check();
        warn("copy all of the output", e);
    }
}

void Container::copy_log() noexcept {
    const auto table = endless_call(log_leave_fd_.get());
    const Call call(&table);
    auto pause = first_pause;
    do {
        const auto before = output_.position();
        try {
            copy(call, true);
            // Ended with the program, or with the engine.
        } catch (const std::exception& e) {
            if (call.cancelled()) return;
            if (pause == first_pause || pause == longest_pause) warn("follow the output", e);
        }
        if (!(output_.position() == before)) pause = first_pause;
    } while (rest(call, pause));
}

void Container::copy(const Call& call, bool follow) {
    Engine engine(facts_.socket, std::string(host_.product()));
    output_.begin();
    const auto flag = [](bool set) { return set ? "1" : "0"; };
    const auto log = engine.open(call, "GET",
                                 "/containers/" + facts_.id + "/logs?follow=" + flag(follow) +
                                     "&stdout=" + flag(!facts_.paths.output.empty()) +
                                     "&stderr=" + flag(!facts_.paths.errors.empty()) +
                                     "&timestamps=1&since=" + std::to_string(output_.since()));
    if (log->status() != 200)
        throw Error(CMW_FAILED, "the engine gives no log: " +
                                    words_of({log->status(), log->read_all(16 * 1024)}));
    if (!follow) log->limit_silence(longest_silence);
    LogFrames frames;
    while (true) {
        const auto bytes = log->read();
        if (bytes.empty()) return;
        frames.feed(bytes, [this](const LogEntry& entry) { output_.take(entry); });
        output_.flush();
    }
}

} // namespace cmw::container
