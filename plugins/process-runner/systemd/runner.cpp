// SPDX-License-Identifier: Apache-2.0
#include "runner.hpp"

#include "exit.hpp"

#include <csignal>
#include <cstdlib>

namespace cmw::systemd {

namespace {

/// Unique over instances: an id of one that is no more must not name another's unit.
std::atomic<std::uint64_t> last_id{0};

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

[[noreturn]] void throw_gone(const std::string& unit) {
    throw Error(CMW_NOT_FOUND, "cannot adopt the unit " + unit + ": it does not run");
}

} // namespace

std::string address_of(const Runner::Settings& settings) {
    if (!settings.address.empty()) return settings.address;
    const bool system = settings.bus == "system";
    auto address = variable(system ? "DBUS_SYSTEM_BUS_ADDRESS" : "DBUS_SESSION_BUS_ADDRESS");
    if (!address.empty()) return address;
    if (system) return "unix:path=/run/dbus/system_bus_socket";
    const auto folder = variable("XDG_RUNTIME_DIR");
    if (folder.empty())
        throw Error(CMW_AGAIN, "cannot find the user's bus: neither DBUS_SESSION_BUS_ADDRESS nor "
                               "XDG_RUNTIME_DIR is set; set \"address\"");
    return "unix:path=" + folder + "/bus";
}

void Runner::check(const Settings& settings) {
    if (settings.prefix.empty() || settings.prefix.front() == '.' || settings.prefix.size() > 100 ||
        unit_name("x", settings.prefix) != "x-" + settings.prefix + ".service")
        throw Error(CMW_CONFIG, "cannot use the prefix \"" + settings.prefix +
                                    "\": it takes letters, digits, \"-\", \"_\" and \".\"");
}

void Runner::check_use(const Settings&, const UseSettings& use) {
    properties_of(use);
}

Runner::Runner(Settings settings, Host host) : settings_(std::move(settings)), host_(host) {}

Runner::~Runner() = default;

std::string Runner::description() const {
    return "cmix-wrapper in " + std::string(host_.state_dir());
}

void Runner::start(const Call& call, const cmw_program& program, cmw_process& process) {
    const auto properties = properties_of(use_settings<Runner>(*program.use));
    const auto unit = unit_name(settings_.prefix, program.name);
    dropped_.reset();
    auto bus = std::make_unique<UnitBus>(call, address_of(settings_), unit);
    if (bus->manager().exists(call, unit)) explain_existing(call, *bus, unit);
    bool untold = true; // Whether something may run that nobody is told of.
    try {
        const auto pid = run(call, *bus, unit, program, properties, untold);
        fill(unit, std::move(bus), pid, process);
    } catch (...) {
        if (untold && bus) {
            bus->manager().drop(unit);
            dropped_ = std::move(bus);
        }
        throw;
    }
}

/// The number of the main process; `untold` becomes false where systemd has refused.
std::uint32_t Runner::run(const Call& call, UnitBus& bus, const std::string& unit,
                          const cmw_program& program, const std::vector<Property>& properties,
                          bool& untold) {
    std::string job;
    try {
        job = bus.manager().start(call, unit, description(), program, properties);
    } catch (const Error& e) {
        untold = e.status() == CMW_CANCELLED;
        throw;
    }
    require_started(call, bus, unit, job, program.executable);
    return bus.manager().state(call, unit).main_pid;
}

/// One that came to run and has ended since is started: its exit is told later.
void Runner::require_started(const Call& call, UnitBus& bus, const std::string& unit,
                             const std::string& job, const std::string& executable) {
    const auto result = bus.wait_for_job(call, job);
    if (result == "done") return;
    const auto state = bus.manager().state(call, unit);
    throw Error(CMW_FAILED,
                why_not_started(executable, result + ", " + state.result, state.exit_status));
}

void Runner::require_ours(const State& state, const std::string& unit) const {
    if (state.description == description()) return;
    throw Error(CMW_CONFIG, "cannot use the unit " + unit + ": it is another's (\"" +
                                state.description + "\"); set another \"prefix\"");
}

void Runner::explain_existing(const Call& call, UnitBus& bus, const std::string& unit) const {
    const auto state = bus.manager().state(call, unit);
    if (state.ended())
        throw Error(CMW_AGAIN, "cannot start the unit " + unit +
                                   ": systemd has not forgotten the last one of this name yet; "
                                   "\"systemctl reset-failed " +
                                   unit + "\" makes it");
    require_ours(state, unit);
    // Two of one service are worse than none: the host, told that this makes no sense, will adopt.
    throw Error(CMW_INVALID, "cannot start the unit " + unit + ": it runs already, as process " +
                                 std::to_string(state.main_pid));
}

void Runner::adopt(const Call& call, const char* name, cmw_process& process) {
    dropped_.reset();
    const auto unit = unit_name(settings_.prefix, name);
    auto bus = std::make_unique<UnitBus>(call, address_of(settings_), unit);
    auto& manager = bus->manager();
    if (!manager.exists(call, unit)) throw_gone(unit);
    manager.keep(call, unit);
    const auto state = manager.state(call, unit);
    if (state.ended()) throw_gone(unit);
    require_ours(state, unit);
    fill(unit, std::move(bus), state.main_pid, process);
}

void Runner::stop(const Call& call, std::uint64_t id, std::uint32_t how) {
    const auto& unit = find(id);
    if (unit.exit()) return;
    Connection connection(address_of(settings_));
    Manager manager(connection);
    const bool gently = how == CMW_STOP_GENTLY;
    manager.kill(call, unit.name(), gently ? "main" : "all", gently ? SIGTERM : SIGKILL);
}

std::optional<cmw_exit> Runner::outcome(std::uint64_t id) {
    return find(id).exit();
}

void Runner::release(std::uint64_t id) noexcept {
    units_.erase(id);
}

void Runner::fill(const std::string& unit, std::unique_ptr<UnitBus> bus, std::uint32_t pid,
                  cmw_process& process) {
    auto watched = std::make_unique<Unit>(host_, address_of(settings_), unit, std::move(bus));
    process.exit_fd = watched->exit_fd();
    process.pid = pid;
    process.id = ++last_id;
    units_.emplace(process.id, std::move(watched));
}

Unit& Runner::find(std::uint64_t id) {
    const auto found = units_.find(id);
    if (found == units_.end())
        throw Error(CMW_NOT_FOUND,
                    "cannot find unit " + std::to_string(id) + ": the runner was made anew since");
    return *found->second;
}

} // namespace cmw::systemd
