// SPDX-License-Identifier: Apache-2.0
//
// `cmix-wrapper plan`: what `run` would do now and why. Reads the consensus sources once, the state
// and the files; changes nothing.
#include "app/commands.hpp"
#include "app/configuration.hpp"
#include "app/terminal.hpp"
#include "app/version.hpp"
#include "base/event_loop.hpp"
#include "base/system.hpp"
#include "binary_store/activation.hpp"
#include "consensus/agreement.hpp"
#include "control/client.hpp"
#include "control/status.hpp"
#include "plugin_host/consensus_source.hpp"
#include "reconcile/component_plan.hpp"
#include "state/database.hpp"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <sstream>

namespace cmw::app {

using reconcile::ComponentFacts;
using reconcile::Facts;
using reconcile::Step;

namespace {

using Answer = tl::expected<plugin_host::Verdict, plugin_host::Failure>;

/// The first answer of each consensus source, all asked at once.
std::map<std::string, Answer> ask_sources(const Configuration& configuration,
                                          base::EventLoop& loop) {
    std::map<std::string, Answer> answers;
    std::map<std::string, std::unique_ptr<plugin_host::Instance>> instances;
    std::map<std::string, std::unique_ptr<plugin_host::ConsensusSource>> sources;
    // Plugins may keep things over restarts; what they keep of a dry run goes with it.
    auto folder = (std::filesystem::temp_directory_path() / "cmix-wrapper-plan-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) folder.clear();
    const plugin_host::HostContext context{fmt::format("cmix-wrapper/{}", program_version), folder,
                                           [](auto, auto, auto) {},
                                           configuration.loaded.settings.identity.file};
    for (auto table : configuration.loaded.settings.instances) {
        if (table.kind != "consensus-source") continue;
        const auto plugin = configuration.catalog->find(table.kind, table.plugin, table.sha256);
        if (!plugin) {
            answers.emplace(table.name, tl::unexpected(plugin_host::Failure{
                                            CMW_CONFIG, base::to_string(plugin.error()), {}}));
            continue;
        }
        // A dry run waits for an answer, not for a change.
        table.deadline = table.deadline.value_or(std::chrono::seconds(30));
        auto& instance = instances[table.name];
        instance = std::make_unique<plugin_host::Instance>(loop, **plugin, table, context);
        sources[table.name] = plugin_host::make_consensus_source(*instance);
    }
    const auto all = answers.size() + sources.size();
    for (auto& [name, source] : sources)
        source->poll([&answers, &loop, all, name = name](Answer answer) {
            answers.emplace(name, std::move(answer));
            if (answers.size() == all) loop.stop();
        });
    if (!sources.empty()) loop.run();
    sources.clear();
    instances.clear();
    std::error_code ignored;
    if (!folder.empty()) std::filesystem::remove_all(folder, ignored);
    return answers;
}

/// What the state knows, if there is one: it is not made for a dry run.
struct Saved {
    std::map<std::string, state::ComponentRecord> components;
    std::map<std::string, state::ServiceRecord> services;
    std::string seed;
};
Saved saved_state(const std::string& state_dir) {
    const auto path = state_dir + "/state.db";
    if (!base::sys::stat(path)) return {};
    auto database = state::Database::open(path);
    if (!database) return {};
    Saved saved;
    saved.components = database->components().value_or(saved.components);
    saved.services = database->services().value_or(saved.services);
    saved.seed = database->host_value("seed").value_or("");
    return saved;
}

/// What a running host says of its services; nothing if none runs. One that does not answer is told.
std::optional<control::Status> ask_host(const config::HostSettings& host) {
    const auto answer = control::Client(control_socket(host)).get("/v1/status");
    if (!answer) {
        if (!answer.error().no_host) report(answer.error().problem);
        return std::nullopt;
    }
    const auto status = control::parse_status(*answer);
    if (status) return *status;
    report(status.error());
    return std::nullopt;
}

reconcile::ServiceFacts look_at(const config::ServiceSettings& settings, const Saved& saved,
                                const std::optional<control::Status>& host) {
    reconcile::ServiceFacts facts;
    facts.name = settings.name;
    facts.components = settings.components;
    facts.after = settings.after;
    facts.start_when = settings.start_when;
    facts.stop_when_not_ready = settings.stop_when_not_ready;
    facts.activation = settings.activation;
    const auto record = saved.services.find(settings.name);
    if (record != saved.services.end()) {
        facts.wanted = !record->second.stopped_by_operator;
        for (const auto& [part, digest] : record->second.runs)
            facts.runs[part] = base::parse_digest_name(digest);
    }
    if (!host) return facts;
    const auto running = host->services.find(settings.name);
    if (running == host->services.end()) return facts;
    facts.state = running->second.state;
    facts.up = supervisor::is_up(running->second);
    return facts;
}

ComponentFacts recalled(const config::ComponentSettings& settings, const Saved& saved) {
    ComponentFacts facts;
    facts.name = settings.name;
    facts.activation = settings.activation;
    const auto record = saved.components.find(settings.name);
    if (record != saved.components.end()) reconcile::recall(facts, record->second);
    return facts;
}

void look_at(ComponentFacts& facts, const config::ComponentSettings& settings,
             const std::string& state_dir) {
    const auto store = binary_store::Store::as_it_is(state_dir);
    const binary_store::Target target{settings.path, settings.mode, false, settings.unpack, 0};
    const auto installed = binary_store::verify_installed(store, target, expected(facts));
    if (!installed) facts.problem = base::to_string(installed.error());
    if (installed && *installed) facts.installed = (*installed)->digest;
    const auto staged = binary_store::verify_staged(store, target, expected(facts));
    if (staged && *staged) facts.staged = (*staged)->digest;
    const auto kept = store.kept();
    if (kept) facts.stored.insert(kept->begin(), kept->end());
    facts.inspected = true;
}

Facts gather(const Configuration& configuration, const std::map<std::string, Answer>& answers) {
    const auto& settings = configuration.loaded.settings;
    const auto saved = saved_state(settings.host.state_dir);
    const auto host = ask_host(settings.host);
    Facts facts;
    facts.seed = saved.seed;
    for (const auto& component : settings.components)
        facts.components.push_back(recalled(component, saved));
    for (const auto& component : settings.components) {
        std::vector<consensus::Opinion> opinions;
        for (const auto& use : component.approved_by) {
            const auto& answer = answers.at(use.instance);
            opinions.push_back({use.instance, answer ? &*answer : nullptr});
        }
        const auto found =
            consensus::agree(opinions, component.field, config::needed_sources(component));
        auto& c = *std::ranges::find(facts.components, component.name, &ComponentFacts::name);
        c.notice = found.notice;
        c.announced = consensus::announced(opinions, component.field);
        facts.sources[component.name] = {found.ready, found.left, found.waiting};
        if (found.approved && found.approved != c.approved)
            reconcile::note_approved(facts, c, *found.approved, base::unix_now());
    }
    for (std::size_t i = 0; i < settings.components.size(); ++i)
        look_at(facts.components[i], settings.components[i], settings.host.state_dir);
    for (const auto& service : settings.services)
        facts.services.push_back(look_at(service, saved, host));
    return facts;
}

std::string subject_of(const Step& step) {
    if (!step.component.empty()) return step.component;
    if (!step.service.empty()) return step.service;
    std::vector<std::string> names;
    for (const auto& [name, digest] : step.changes) names.push_back(name);
    return fmt::format("{}", fmt::join(names, ", "));
}

void print_human(const reconcile::Plan& plan, const std::map<std::string, Answer>& answers) {
    for (const auto& [name, answer] : answers) {
        if (!answer) {
            print(fmt::format("consensus {}: {}\n", name, printable(answer.error().text)));
            continue;
        }
        print(fmt::format("consensus {}: block {}, {}\n", name, answer->height,
                          answer->run ? "ready" : "waiting: " + printable(answer->reason)));
    }
    Table components({"COMPONENT", "STATE", "WANTED", "WHY"});
    for (const auto& [name, view] : plan.components)
        components.add({name, view.state, reconcile::short_hex(view.desired), view.reason});
    print(components.render(wants_colours(1)));
    Table table({"STEP", "OF", "DIGEST", "WHY"});
    for (const auto& step : plan.steps)
        table.add({std::string(reconcile::name(step.what)), subject_of(step),
                   step.digest ? step.digest->hex().substr(0, 12) : "", step.reason});
    if (plan.steps.empty()) return print("Nothing is to be done: all is as it should be.\n");
    print("'run' would begin with:\n" + table.render(wants_colours(1)));
}

void print_json(const reconcile::Plan& plan, const std::map<std::string, Answer>& answers) {
    Poco::JSON::Object top(Poco::JSON_PRESERVE_KEY_ORDER);
    Poco::JSON::Object consensus(Poco::JSON_PRESERVE_KEY_ORDER);
    for (const auto& [name, answer] : answers) {
        Poco::JSON::Object one(Poco::JSON_PRESERVE_KEY_ORDER);
        one.set("answered", answer.has_value());
        one.set("height", answer ? answer->height : 0);
        one.set("ready", answer && answer->run);
        one.set("reason", answer ? answer->reason : answer.error().text);
        consensus.set(name, one);
    }
    top.set("consensus", consensus);
    Poco::JSON::Object components(Poco::JSON_PRESERVE_KEY_ORDER);
    for (const auto& [name, view] : plan.components) {
        Poco::JSON::Object one(Poco::JSON_PRESERVE_KEY_ORDER);
        one.set("state", view.state);
        one.set("reason", view.reason);
        one.set("desired", view.desired ? view.desired->hex() : "");
        components.set(name, one);
    }
    top.set("components", components);
    Poco::JSON::Array steps;
    for (const auto& step : plan.steps) {
        Poco::JSON::Object one(Poco::JSON_PRESERVE_KEY_ORDER);
        one.set("step", std::string(reconcile::name(step.what)));
        one.set("of", subject_of(step));
        one.set("digest", step.digest ? step.digest->hex() : "");
        one.set("reason", step.reason);
        steps.add(one);
    }
    top.set("steps", steps);
    std::ostringstream text;
    top.stringify(text);
    print(text.str() + "\n");
}

} // namespace

int plan(const Arguments& arguments) {
    auto configuration = read_configuration(arguments);
    const auto problems = configuration ? configuration->loaded.problems : configuration.error();
    if (!problems.empty()) {
        report(problems, "error", Colour::red);
        return ExitStatus::usage;
    }
    auto loop = base::EventLoop::create();
    if (!loop) {
        report(loop.error());
        return ExitStatus::failed;
    }
    const auto answers = ask_sources(*configuration, **loop);
    const auto facts = gather(*configuration, answers);
    auto made = reconcile::make_plan(facts, {base::monotonic_now(), base::unix_now()});
    if (arguments.has("json"))
        print_json(made, answers);
    else
        print_human(made, answers);
    const bool all_answered =
        std::ranges::all_of(answers, [](const auto& entry) { return entry.second.has_value(); });
    return all_answered ? ExitStatus::done : ExitStatus::failed;
}

} // namespace cmw::app
