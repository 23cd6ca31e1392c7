// SPDX-License-Identifier: Apache-2.0
//
// systemd/connection.hpp - a connection to a D-Bus bus, for one thread at a time. Whatever waits
// does so within a call: it leaves at the deadline and when it is cancelled, also while the bus is
// still being reached. Source: sd-bus(3).
#pragma once

#include <cmw/host.hpp>
#include <functional>
#include <memory>
#include <systemd/sd-bus.h>

namespace cmw::systemd {

/// No answer can come any more: the bus is gone, or never was.
class Lost : public Error {
  public:
    explicit Lost(const std::string& text) : Error(CMW_AGAIN, text) {}
};

/// The other side answered with an error.
class Refused : public std::runtime_error {
  public:
    Refused(std::string name, const std::string& text)
        : std::runtime_error(text), name_(std::move(name)) {}
    bool is(std::string_view name) const { return name_ == name; }
    const std::string& name() const { return name_; }

  private:
    std::string name_;
};

struct MessageDeleter {
    void operator()(sd_bus_message* message) const noexcept { sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, MessageDeleter>;

/// Throws Error(CMW_FAILED) if `result`, of sd-bus, is a negative errno.
void require(int result, const char* what);

class Connection {
  public:
    using Handler = std::function<void(sd_bus_message*)>;

    /// Begins to connect. Throws Lost at once if nothing listens there.
    explicit Connection(std::string address);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    sd_bus* bus() const noexcept { return bus_.get(); }

    /// The answer. Throws Refused, Lost, or leaves the call.
    Message ask(const Call& call, sd_bus_message* request);
    /// Sends without waiting for anything.
    void tell(sd_bus_message* request) noexcept;
    /// Hands signals of systemd to `handler` during ask() and wait_until(). Takes effect before
    /// whatever is asked next.
    void on_signal(const std::string& path, const char* interface, const char* member,
                   Handler handler);
    /// Waits for signals until `ready`.
    void wait_until(const Call& call, const std::function<bool()>& ready);

  private:
    struct BusDeleter {
        void operator()(sd_bus* bus) const noexcept { sd_bus_close_unref(bus); }
    };
    void require_open(int result);

    std::string address_;
    std::vector<std::unique_ptr<Handler>> handlers_; ///< Outlive the bus, which calls them.
    std::unique_ptr<sd_bus, BusDeleter> bus_;
};

} // namespace cmw::systemd
