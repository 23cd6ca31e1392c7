// SPDX-License-Identifier: Apache-2.0
#include "manager.hpp"

#include <csignal>
#include <cstdlib>

namespace cmw::systemd {

namespace {

constexpr const char* service = "org.freedesktop.systemd1";
constexpr const char* manager_path = "/org/freedesktop/systemd1";
constexpr const char* manager_interface = "org.freedesktop.systemd1.Manager";
constexpr const char* building = "write a request to systemd";
constexpr const char* reading = "read systemd's answer";

/// (sv) for each value of a property.
struct Append {
    sd_bus_message* message;
    const char* name;
    void operator()(const std::string& value) const {
        require(sd_bus_message_append(message, "(sv)", name, "s", value.c_str()), building);
    }
    void operator()(bool value) const {
        require(sd_bus_message_append(message, "(sv)", name, "b", value ? 1 : 0), building);
    }
    void operator()(std::int32_t value) const {
        require(sd_bus_message_append(message, "(sv)", name, "i", value), building);
    }
    void operator()(std::uint32_t value) const {
        require(sd_bus_message_append(message, "(sv)", name, "u", value), building);
    }
    void operator()(std::uint64_t value) const {
        require(sd_bus_message_append(message, "(sv)", name, "t", value), building);
    }
};

void append(sd_bus_message* message, const Property& property) {
    std::visit(Append{message, property.name.c_str()}, property.value);
}

char** strings(const char* const* list) {
    return const_cast<char**>(list); // As sd-bus has it: it only reads them.
}

/// As it is written, without systemd's own "$NAME" and "%i".
void append_command(sd_bus_message* message, const cmw_program& program) {
    for (const char* container : {"r", "v", "a", "R"}) {
        if (*container == 'r') {
            require(sd_bus_message_open_container(message, 'r', "sv"), building);
            require(sd_bus_message_append(message, "s", "ExecStartEx"), building);
        } else if (*container == 'v') {
            require(sd_bus_message_open_container(message, 'v', "a(sasas)"), building);
        } else if (*container == 'a') {
            require(sd_bus_message_open_container(message, 'a', "(sasas)"), building);
        } else {
            require(sd_bus_message_open_container(message, 'r', "sasas"), building);
        }
    }
    require(sd_bus_message_append(message, "s", program.executable), building);
    require(sd_bus_message_append_strv(message, strings(program.arguments)), building);
    require(sd_bus_message_append(message, "as", 1, "no-env-expand"), building);
    for (int depth = 0; depth < 4; ++depth)
        require(sd_bus_message_close_container(message), building);
}

void append_environment(sd_bus_message* message, const cmw_program& program) {
    require(sd_bus_message_open_container(message, 'r', "sv"), building);
    require(sd_bus_message_append(message, "s", "Environment"), building);
    require(sd_bus_message_open_container(message, 'v', "as"), building);
    require(sd_bus_message_append_strv(message, strings(program.environment)), building);
    require(sd_bus_message_close_container(message), building);
    require(sd_bus_message_close_container(message), building);
}

Property output(const std::string& name, const char* path) {
    if (path == nullptr) return {name, std::string("null")};
    return {name + "FileToAppend", std::string(path)};
}

std::vector<Property> fixed_properties(const std::string& description, const cmw_program& program) {
    return {
        {"Description", description},
        {"Type", std::string("exec")}, // Started once the program is executed, not before.
        {"Restart", std::string("no")},
        {"RemainAfterExit", false},
        {"KillMode", std::string("control-group")},
        {"CollectMode", std::string("inactive-or-failed")},
        {"AddRef", true},
        {"WorkingDirectory", std::string(program.directory != nullptr ? program.directory : "/")},
        {"StandardInput", std::string("null")},
        output("StandardOutput", program.output_path),
        output("StandardError", program.error_path),
    };
}

/// Reads one value of a{sv}; what is not of the type that it should have is an error.
void read(sd_bus_message* from, std::string& value) {
    const char* text = nullptr;
    require(sd_bus_message_read(from, "v", "s", &text), reading);
    value = text;
}
void read(sd_bus_message* from, std::uint32_t& value) {
    require(sd_bus_message_read(from, "v", "u", &value), reading);
}
void read(sd_bus_message* from, std::int32_t& value) {
    require(sd_bus_message_read(from, "v", "i", &value), reading);
}

void read_property(sd_bus_message* from, State& state) {
    const char* text = nullptr;
    require(sd_bus_message_read(from, "s", &text), reading);
    const std::string_view name(text);
    if (name == "ActiveState") return read(from, state.active);
    if (name == "Result") return read(from, state.result);
    if (name == "Description") return read(from, state.description);
    if (name == "MainPID") return read(from, state.main_pid);
    if (name == "ExecMainCode") return read(from, state.exit_code);
    if (name == "ExecMainStatus") return read(from, state.exit_status);
    if (name != "Job") return require(sd_bus_message_skip(from, "v"), reading);
    require(sd_bus_message_read(from, "v", "(uo)", &state.job, nullptr), reading);
}

} // namespace

std::string path_of(const std::string& unit) {
    char* made = nullptr;
    require(sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit.c_str(), &made),
            "make the D-Bus path of a unit");
    const std::unique_ptr<char, decltype(&std::free)> owned(made, &std::free);
    return made;
}

Message Manager::request(const char* method, const char* interface, const char* path) const {
    sd_bus_message* made = nullptr;
    require(sd_bus_message_new_method_call(
                connection_->bus(), &made, service, path != nullptr ? path : manager_path,
                interface != nullptr ? interface : manager_interface, method),
            building);
    return Message(made);
}

Message Manager::ask(const Call& call, const Message& message, const std::string& unit) {
    try {
        return connection_->ask(call, message.get());
    } catch (const Refused& refused) {
        const auto begin = "cannot ask systemd for the unit " + unit + ": ";
        if (refused.is("org.freedesktop.systemd1.NoSuchUnit"))
            throw Error(CMW_NOT_FOUND, begin + refused.what());
        if (refused.is(SD_BUS_ERROR_ACCESS_DENIED) ||
            refused.is(SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED))
            throw Error(CMW_DENIED, begin + refused.what() +
                                        "; run the host as root, allow its user in polkit "
                                        "(org.freedesktop.systemd1.manage-units), or use bus = "
                                        "\"user\"");
        if (refused.is(SD_BUS_ERROR_SERVICE_UNKNOWN) || refused.is(SD_BUS_ERROR_NAME_HAS_NO_OWNER))
            throw Lost(begin + "systemd is not on this bus");
        if (refused.is(SD_BUS_ERROR_INVALID_ARGS) || refused.is(SD_BUS_ERROR_PROPERTY_READ_ONLY))
            throw Error(CMW_CONFIG, begin + "it does not take an option: " + refused.what());
        if (refused.is("org.freedesktop.systemd1.UnitExists"))
            throw Error(CMW_INVALID, begin + "there is one already");
        throw Error(CMW_FAILED, begin + refused.what() + " (" + refused.name() + ")");
    }
}

void Manager::subscribe(const Call& call) {
    ask(call, request("Subscribe"), "signals");
}

std::string Manager::start(const Call& call, const std::string& unit,
                           const std::string& description, const cmw_program& program,
                           const std::vector<Property>& properties) {
    const auto message = request("StartTransientUnit");
    require(sd_bus_message_append(message.get(), "ss", unit.c_str(), "fail"), building);
    require(sd_bus_message_open_container(message.get(), 'a', "(sv)"), building);
    for (const auto& property : fixed_properties(description, program))
        append(message.get(), property);
    for (const auto& property : properties) append(message.get(), property);
    append_environment(message.get(), program);
    append_command(message.get(), program);
    require(sd_bus_message_close_container(message.get()), building);
    require(sd_bus_message_append(message.get(), "a(sa(sv))", 0), building);
    const auto answer = ask(call, message, unit);
    const char* job = nullptr;
    require(sd_bus_message_read(answer.get(), "o", &job), reading);
    return job;
}

bool Manager::exists(const Call& call, const std::string& unit) {
    const auto message = request("GetUnit");
    require(sd_bus_message_append(message.get(), "s", unit.c_str()), building);
    try {
        ask(call, message, unit);
        return true;
    } catch (const Error& error) {
        if (error.status() == CMW_NOT_FOUND) return false;
        throw;
    }
}

void Manager::keep(const Call& call, const std::string& unit) {
    const auto message = request("RefUnit");
    require(sd_bus_message_append(message.get(), "s", unit.c_str()), building);
    ask(call, message, unit);
}

void Manager::let_go(const Call& call, const std::string& unit) {
    const auto message = request("UnrefUnit");
    require(sd_bus_message_append(message.get(), "s", unit.c_str()), building);
    ask(call, message, unit);
}

State Manager::state(const Call& call, const std::string& unit) {
    const auto message =
        request("GetAll", "org.freedesktop.DBus.Properties", path_of(unit).c_str());
    require(sd_bus_message_append(message.get(), "s", ""), building); // Of all its interfaces.
    const auto answer = ask(call, message, unit);
    State state;
    require(sd_bus_message_enter_container(answer.get(), 'a', "{sv}"), reading);
    while (true) {
        const int entered = sd_bus_message_enter_container(answer.get(), 'e', "sv");
        require(entered, reading);
        if (entered == 0) break;
        read_property(answer.get(), state);
        require(sd_bus_message_exit_container(answer.get()), reading);
    }
    if (state.active.empty())
        throw Error(CMW_INVALID, "cannot ask systemd for the unit " + unit + ": no ActiveState");
    return state;
}

void Manager::kill(const Call& call, const std::string& unit, const char* who, int signal) {
    const auto message = request("KillUnit");
    require(sd_bus_message_append(message.get(), "ssi", unit.c_str(), who, signal), building);
    try {
        connection_->ask(call, message.get());
    } catch (const Refused& refused) {
        if (refused.is("org.freedesktop.systemd1.NoSuchUnit") ||
            refused.is("org.freedesktop.systemd1.NoSuchProcess"))
            return;
        throw Error(CMW_FAILED, "cannot signal the unit " + unit + ": " + refused.what());
    }
}

void Manager::drop(const std::string& unit) noexcept {
    try {
        const auto stop = request("StopUnit");
        require(sd_bus_message_append(stop.get(), "ss", unit.c_str(), "replace"), building);
        connection_->tell(stop.get());
        const auto kill = request("KillUnit");
        require(sd_bus_message_append(kill.get(), "ssi", unit.c_str(), "all", SIGKILL), building);
        connection_->tell(kill.get());
    } catch (const std::exception&) {
        return; // The next adopt() finds it.
    }
}

} // namespace cmw::systemd
