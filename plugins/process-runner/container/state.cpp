// SPDX-License-Identifier: Apache-2.0
#include "state.hpp"

#include "engine.hpp"

#include <algorithm>
#include <array>
#include <csignal>

namespace cmw::container {

namespace {

using Poco::JSON::Object;

/// Podman has more words than Docker; what is not known runs, so that nothing is started beside it.
State::Phase phase_of(const Object& state) {
    if (flag_at(state, "Running")) return State::Phase::runs;
    const auto status = text_at(state, "Status");
    const auto is_one_of = [&](auto words) {
        return std::ranges::find(words, status) != words.end();
    };
    using Words = std::initializer_list<std::string_view>;
    if (is_one_of(Words{"exited", "dead", "removing", "stopped"})) return State::Phase::ended;
    const bool was_started =
        !text_at(state, "StartedAt").empty() && !text_at(state, "StartedAt").starts_with("0001-");
    // After a machine's restart Podman says so of one that ran before it.
    if (is_one_of(Words{"created", "configured", "initialized"}))
        return was_started ? State::Phase::ended : State::Phase::made;
    return State::Phase::runs;
}

} // namespace

State parse_state(const std::string& json) {
    const auto object = parse_object(json);
    const auto said = object_at(*object, "State");
    State state;
    state.id = text_at(*object, "Id");
    if (state.id.empty() || text_at(*said, "Status").empty())
        throw Error(CMW_INVALID, "cannot use the engine's answer: it tells of no container");
    state.phase = phase_of(*said);
    state.pid = number_at(*said, "Pid");
    state.exit_code = number_at(*said, "ExitCode");
    state.out_of_memory = flag_at(*said, "OOMKilled");
    state.error = text_at(*said, "Error");
    const auto labels = object_at(*object_at(*object, "Config"), "Labels");
    for (const auto& [name, value] : *labels)
        if (value.isString()) state.labels[name] = value.extract<std::string>();
    return state;
}

cmw_exit exit_of(const State& state) noexcept {
    cmw_exit exit{sizeof(cmw_exit), CMW_EXIT_UNKNOWN, 0};
    const auto code = state.exit_code;
    if (state.out_of_memory)
        exit.signal = SIGKILL;
    else if (code > 128 && code < 128 + NSIG)
        exit.signal = static_cast<std::int32_t>(code - 128);
    else if (code >= 0 && code <= 255)
        exit.code = static_cast<std::int32_t>(code);
    return exit;
}

} // namespace cmw::container
