// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include <cctype>
#include <cstdint>

namespace cmw::systemd {

namespace {

std::string words(int error) {
    auto text = std::generic_category().message(error);
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    return text;
}

/// Of a slot: what an answer was, once it is there.
int keep_answer(sd_bus_message* answer, void* place, sd_bus_error*) noexcept {
    static_cast<Message*>(place)->reset(sd_bus_message_ref(answer));
    return 1;
}

int hand_on(sd_bus_message* signal, void* handler, sd_bus_error*) noexcept {
    try {
        (*static_cast<Connection::Handler*>(handler))(signal);
    } catch (const std::exception&) {
        return -EBADMSG; // A signal that is not as systemd sends it.
    }
    return 0;
}

struct SlotDeleter {
    void operator()(sd_bus_slot* slot) const noexcept { sd_bus_slot_unref(slot); }
};

} // namespace

void require(int result, const char* what) {
    if (result < 0) throw Error(CMW_FAILED, "cannot " + std::string(what) + ": " + words(-result));
}

Connection::Connection(std::string address) : address_(std::move(address)) {
    sd_bus* bus = nullptr;
    require(sd_bus_new(&bus), "make a D-Bus connection");
    bus_.reset(bus);
    const int taken = sd_bus_set_address(bus, address_.c_str());
    if (taken < 0) throw Error(CMW_CONFIG, "cannot use \"" + address_ + "\" as a D-Bus address");
    require(sd_bus_set_bus_client(bus, 1), "make a D-Bus client");
    require_open(sd_bus_start(bus));
}

Connection::~Connection() = default;

void Connection::require_open(int result) {
    if (result >= 0) return;
    if (result == -EINVAL)
        throw Error(CMW_CONFIG, "cannot use \"" + address_ + "\" as a D-Bus address");
    throw Lost("cannot reach systemd over D-Bus at " + address_ + ": " + words(-result) +
               "; is systemd this machine's init, and is its bus there? The options \"bus\" and "
               "\"address\" name another");
}

Message Connection::ask(const Call& call, sd_bus_message* request) {
    Message answer;
    sd_bus_slot* made = nullptr;
    require_open(sd_bus_call_async(bus(), &made, request, &keep_answer, &answer, UINT64_MAX));
    const std::unique_ptr<sd_bus_slot, SlotDeleter> slot(made);
    wait_until(call, [&] { return answer != nullptr; });
    const auto* error = sd_bus_message_get_error(answer.get());
    if (error == nullptr) return answer;
    const std::string_view name(error->name);
    // What sd-bus itself answers for a bus that went away.
    if (name == SD_BUS_ERROR_NO_REPLY || name == SD_BUS_ERROR_DISCONNECTED)
        require_open(-ECONNRESET);
    throw Refused(error->name, error->message != nullptr ? error->message : error->name);
}

void Connection::tell(sd_bus_message* request) noexcept {
    sd_bus_message_set_expect_reply(request, 0);
    sd_bus_send(bus(), request, nullptr);
}

void Connection::on_signal(const std::string& path, const char* interface, const char* member,
                           Handler handler) {
    handlers_.push_back(std::make_unique<Handler>(std::move(handler)));
    require_open(sd_bus_match_signal_async(bus(), nullptr, "org.freedesktop.systemd1", path.c_str(),
                                           interface, member, &hand_on, nullptr,
                                           handlers_.back().get()));
}

void Connection::wait_until(const Call& call, const std::function<bool()>& ready) {
    using Clock = std::chrono::steady_clock;
    while (true) {
        call.check();
        const int processed = sd_bus_process(bus(), nullptr);
        require_open(processed);
        if (ready()) return;
        if (processed > 0) continue;
        const int events = sd_bus_get_events(bus());
        require_open(events);
        std::uint64_t micros = UINT64_MAX;
        require_open(sd_bus_get_timeout(bus(), &micros));
        // Of CLOCK_MONOTONIC, as is the steady clock.
        const auto until = micros > INT64_MAX / 1000
                               ? Clock::time_point::max()
                               : Clock::time_point(std::chrono::microseconds(micros));
        call.wait(sd_bus_get_fd(bus()), static_cast<short>(events), until);
    }
}

} // namespace cmw::systemd
