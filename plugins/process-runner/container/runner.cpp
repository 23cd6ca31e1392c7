// SPDX-License-Identifier: Apache-2.0
#include "runner.hpp"

#include "definition.hpp"
#include "image.hpp"
#include "shared/cgroup_usage.hpp"

#include <atomic>

namespace cmw::container {

namespace {

/// Unique over instances: an id of one that is no more must not name another's container.
std::atomic<std::uint64_t> last_id{0};

std::string label_of(const State& state, const char* name) {
    const auto found = state.labels.find(name);
    return found == state.labels.end() ? "" : found->second;
}

/// Podman 4 answers 500 where Docker answers 409.
bool says(const Answer& answer, std::string_view words) {
    return answer.status == 409 || answer.body.find(words) != std::string::npos;
}

} // namespace

void Runner::check(const Settings& settings) {
    if (!settings.socket.is_absolute())
        throw Error(CMW_CONFIG, "cannot use the socket \"" + settings.socket.string() +
                                    "\": it is no absolute path");
    container_name(settings.prefix, "x");
}

void Runner::check_use(const Settings&, const UseSettings& use) {
    check_image(use);
    check_definition(use);
}

Runner::Runner(Settings settings, Host host) : settings_(std::move(settings)), host_(host) {}

Runner::~Runner() = default;

Engine Runner::engine() const {
    return {settings_.socket.string(), std::string(host_.product())};
}

void Runner::start(const Call& call, const cmw_program& program, cmw_process& process) {
    const auto use = use_settings<Runner>(*program.use);
    const auto name = container_name(settings_.prefix, program.name);
    const Definition definition{image_of(use), std::string(host_.state_dir()), &program};
    const auto request = print_definition(definition, use);
    auto asked = engine();
    make_room(call, asked, name);
    need_image(call, asked, definition.image, use.pull == "missing");
    const auto id = create(call, asked, name, request);
    fill(start_container(call, asked, name, id), program.name, process);
}

void Runner::require_ours(const State& state, const std::string& name) const {
    const auto owner = label_of(state, label::owner);
    if (owner == host_.state_dir()) return;
    throw Error(CMW_CONFIG, "cannot use the container " + name + ": it is " +
                                (owner.empty() ? "no container of a cmix-wrapper"
                                               : "that of the cmix-wrapper in " + one_line(owner)) +
                                "; set another \"prefix\", or remove it");
}

/// Of what an earlier start left.
void Runner::make_room(const Call& call, Engine& engine, const std::string& name) const {
    const auto state = inspect(call, engine, name);
    if (!state) return;
    require_ours(*state, name);
    // Two of one service are worse than none: the host, told that this makes no sense, will adopt.
    if (state->phase == State::Phase::runs)
        throw Error(CMW_INVALID, "cannot start the container " + name + ": it runs already");
    remove(call, engine, state->id);
}

std::string Runner::create(const Call& call, Engine& engine, const std::string& name,
                           const std::string& request) const {
    const auto answer = engine.ask(call, "POST", "/containers/create?name=" + name, request);
    const auto what = "cannot make the container " + name + ": ";
    if (says(answer, "already in use")) throw Error(CMW_AGAIN, what + words_of(answer));
    if (!answer.ok())
        throw Error(answer.status == 400 ? CMW_CONFIG : CMW_FAILED, what + words_of(answer));
    const auto id = text_at(*parse_object(answer.body), "Id");
    if (id.empty()) throw Error(CMW_INVALID, what + "the engine's answer tells no id");
    return id;
}

/// One that cannot be started is removed. Where it is not known whether it runs, the error says so
/// to the host, which will look.
State Runner::start_container(const Call& call, Engine& engine, const std::string& name,
                              const std::string& id) const {
    const auto what = "cannot start the container " + name + ": ";
    try {
        const auto answer = engine.ask(call, "POST", "/containers/" + id + "/start");
        if (answer.ok() || answer.status == 304) {
            if (auto state = inspect(call, engine, id)) return std::move(*state);
            throw Error(CMW_FAILED, what + "somebody removed it");
        }
        remove(call, engine, id, true);
        throw Error(CMW_FAILED, what + words_of(answer));
    } catch (const Error& e) {
        if (e.status() == CMW_FAILED || e.status() == CMW_CANCELLED) throw;
        throw Error(CMW_INVALID, what + "it is not known whether it runs: " + e.what());
    }
}

void Runner::adopt(const Call& call, const char* name, cmw_process& process) {
    const auto container = container_name(settings_.prefix, name);
    auto asked = engine();
    const auto state = inspect(call, asked, container);
    const auto none = "cannot adopt the container " + container + ": ";
    if (!state) throw Error(CMW_NOT_FOUND, none + "there is none");
    require_ours(*state, container);
    if (state->phase == State::Phase::made) { // Of a host that was killed within a start.
        remove(call, asked, state->id);
        throw Error(CMW_NOT_FOUND, none + "it was never started");
    }
    // Also one that has ended: its output and its exit are still to be had.
    fill(*state, name, process);
}

void Runner::stop(const Call& call, std::uint64_t id, std::uint32_t how) {
    const auto& container = find(id);
    if (container.exit()) return;
    auto asked = engine();
    const auto answer = asked.ask(call, "POST",
                                  "/containers/" + container.facts().id + "/kill?signal=" +
                                      (how == CMW_STOP_GENTLY ? "SIGTERM" : "SIGKILL"));
    // It has ended, which is told by its descriptor.
    if (answer.ok() || answer.status == 404 || says(answer, "running")) return;
    throw Error(CMW_FAILED,
                "cannot signal the container " + container.facts().name + ": " + words_of(answer));
}

std::optional<cmw_exit> Runner::outcome(std::uint64_t id) {
    return find(id).exit();
}

void Runner::release(std::uint64_t id) noexcept {
    containers_.erase(id);
}

void Runner::usage(std::uint64_t id, cmw_usage& usage) {
    const auto& container = find(id);
    if (container.exit())
        throw Error(CMW_NOT_FOUND,
                    "cannot tell what " + container.facts().name + " uses: it has ended");
    shared::read_usage_of("/", container.facts().pid, container.facts().id, usage);
}

void Runner::fill(const State& state, const std::string& service, cmw_process& process) {
    auto watched = std::make_unique<Container>(
        host_, Container::Facts{settings_.socket.string(),
                                container_name(settings_.prefix, service),
                                state.id,
                                state.pid,
                                {label_of(state, label::output), label_of(state, label::errors)},
                                std::string(host_.state_dir()) + "/" + service + ".container"});
    process.exit_fd = watched->exit_fd();
    process.pid = state.pid;
    process.id = ++last_id;
    containers_.emplace(process.id, std::move(watched));
}

Container& Runner::find(std::uint64_t id) {
    const auto found = containers_.find(id);
    if (found == containers_.end())
        throw Error(CMW_NOT_FOUND, "cannot find container " + std::to_string(id) +
                                       ": the runner was made anew since");
    return *found->second;
}

} // namespace cmw::container
