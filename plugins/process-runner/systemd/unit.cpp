// SPDX-License-Identifier: Apache-2.0
#include "unit.hpp"

#include "exit.hpp"

#include <csignal>
#include <limits>
#include <sys/eventfd.h>

namespace cmw::systemd {

namespace {

constexpr std::chrono::milliseconds first_pause(100);
constexpr std::chrono::milliseconds longest_pause(10'000);

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

} // namespace

UnitBus::UnitBus(const Call& call, const std::string& address, std::string unit)
    : unit_(std::move(unit)), connection_(address) {
    connection_.on_signal(path_of(unit_), "org.freedesktop.DBus.Properties", "PropertiesChanged",
                          [this](sd_bus_message*) { changed_ = true; });
    connection_.on_signal(
        "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "JobRemoved",
        [this](sd_bus_message* signal) {
            const char* job = nullptr;
            const char* unit_of_job = nullptr;
            const char* result = nullptr;
            require(sd_bus_message_read(signal, "uoss", nullptr, &job, &unit_of_job, &result),
                    "read a signal of systemd");
            if (unit_ == unit_of_job) jobs_[job] = result;
        });
    manager_.subscribe(call);
}

void UnitBus::wait_for_change(const Call& call) {
    connection_.wait_until(call, [this] { return changed_; });
    changed_ = false;
}

std::string UnitBus::wait_for_job(const Call& call, const std::string& job) {
    connection_.wait_until(call, [&] { return jobs_.contains(job); });
    return jobs_[job];
}

Unit::Unit(Host host, std::string address, std::string name, std::unique_ptr<UnitBus> bus)
    : host_(host),
      address_(std::move(address)),
      name_(std::move(name)),
      exit_fd_(make_event()),
      leave_fd_(make_event()),
      thread_([this, own = std::move(bus)]() mutable { watch(std::move(own)); }) {}

Unit::~Unit() {
    ::eventfd_write(leave_fd_.get(), 1);
    thread_.join();
}

std::optional<cmw_exit> Unit::exit() const {
    const std::lock_guard lock(mutex_);
    return exit_;
}

void Unit::watch(std::unique_ptr<UnitBus> bus) noexcept {
    const auto table = endless_call(leave_fd_.get());
    const Call call(&table);
    auto pause = first_pause;
    while (true) {
        try {
            if (!bus) bus = connect_again(call);
            if (!bus) return end({sizeof(cmw_exit), CMW_EXIT_UNKNOWN, 0});
            pause = first_pause;
            return end(follow(call, *bus));
        } catch (const std::exception& e) {
            if (call.cancelled()) return;
            if (bus || pause == longest_pause)
                host_.warn("cannot watch the unit " + name_ + " now: " + e.what());
        }
        bus.reset();
        try {
            call.sleep(pause);
        } catch (const Error&) {
            return; // Left alone.
        }
        pause = std::min(pause * 2, longest_pause);
    }
}

/// Until it has ended.
cmw_exit Unit::follow(const Call& call, UnitBus& bus) {
    bool rest_killed = false;
    while (true) {
        const auto state = bus.manager().state(call, name_);
        if (state.ended()) {
            // Forgotten before the end is told of: the name is free for the next start.
            bus.manager().let_go(call, name_);
            if (state.result == "oom-kill") {
                host_.warn(name_ + " was killed by the kernel: out of memory");
                return {sizeof(cmw_exit), CMW_EXIT_UNKNOWN, SIGKILL};
            }
            return exit_of(state.exit_code, state.exit_status);
        }
        // The program has ended, and what it started has not.
        if (state.active == "deactivating" && state.main_pid == 0 && !rest_killed) {
            bus.manager().kill(call, name_, "all", SIGKILL);
            rest_killed = true;
        }
        bus.wait_for_change(call);
    }
}

/// Nothing if the unit is gone.
std::unique_ptr<UnitBus> Unit::connect_again(const Call& call) {
    auto bus = std::make_unique<UnitBus>(call, address_, name_);
    if (!bus->manager().exists(call, name_)) return nullptr;
    bus->manager().keep(call, name_);
    return bus;
}

void Unit::end(cmw_exit exit) noexcept {
    {
        const std::lock_guard lock(mutex_);
        exit_ = exit;
    }
    ::eventfd_write(exit_fd_.get(), 1);
}

} // namespace cmw::systemd
