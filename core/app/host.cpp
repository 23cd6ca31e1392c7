// SPDX-License-Identifier: Apache-2.0
#include "app/host_parts.hpp"
#include "app/version.hpp"
#include "base/system.hpp"
#include "base/text.hpp"
#include "logs/own_log.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

namespace cmw::app {

using base::Result;

namespace {

/// Users of the control socket by name or number; an unknown one was reported by `check`.
std::vector<uid_t> uids_of(const std::vector<std::string>& users) {
    std::vector<uid_t> uids;
    for (const auto& user : users)
        if (const auto* found = ::getpwnam(user.c_str())) uids.push_back(found->pw_uid);
    return uids;
}

void write_log(std::uint32_t level, const std::string& line) {
    logs::log_line(level, line);
}

} // namespace

plugin_host::HostContext Host::Parts::context() {
    const auto retry = [&to = loop, weak = std::weak_ptr(alive)](std::string_view instance) {
        to.post([weak, name = std::string(instance.substr(instance.find('.') + 1))] {
            if (const auto parts = weak.lock()) (*parts)->reconciler->try_again(name);
        });
    };
    return {fmt::format("cmix-wrapper/{}", program_version), settings().host.state_dir,
            [](std::string_view instance, std::uint32_t level, std::string_view line) {
                write_log(level, fmt::format("{}: {}", instance, line));
            },
            settings().identity.file, retry};
}

/// The plugin of a table, or what stands in for it: the rest runs without it.
const plugin_host::Plugin& Host::Parts::plugin_of(const config::InstanceSettings& table) {
    const auto plugin = configuration.catalog->find(table.kind, table.plugin, table.sha256);
    if (plugin) return **plugin;
    write_log(CMW_LEVEL_ERROR,
              fmt::format("{}.{}: {}", table.kind, table.name, base::to_string(plugin.error())));
    return absent
        .insert_or_assign(table.name,
                          plugin_host::absent_plugin(table.kind, table.plugin, plugin.error()))
        .first->second;
}

/// One instance for each table; log backends live in the pipeline, which makes its own.
void Host::Parts::make_instances(const plugin_host::HostContext& context) {
    for (const auto& table : settings().instances) {
        if (table.kind == "log-backend") continue;
        auto instance =
            std::make_unique<plugin_host::Instance>(loop, plugin_of(table), table, context);
        instance->on_status([this] { changed(); });
        if (table.kind == "consensus-source")
            consensus[table.name] = plugin_host::make_consensus_source(*instance);
        else if (table.kind == "binary-source")
            binaries[table.name] = plugin_host::make_binary_source(*instance);
        else if (table.kind == "process-runner")
            runners[table.name] = plugin_host::make_process_runner(*instance);
        else if (table.kind == "command-source")
            commands[table.name] = plugin_host::make_command_source(*instance);
        instances[table.name] = std::move(instance);
    }
}

Result<> Host::Parts::make_reconciler() {
    auto store = binary_store::Store::open(settings().host.state_dir);
    if (!store) return tl::unexpected(store.error());
    std::map<std::string, plugin_host::BinarySource*> sources;
    for (const auto& [name, source] : binaries) sources[name] = source.get();
    reconciler = std::make_unique<reconcile::Reconciler>(
        reconcile::Reconciler::Parts{loop, settings(), std::move(*store), database,
                                     std::move(sources), &write_log, [this] { changed(); }});
    return {};
}

/// Where output goes that the configuration gives no place; other folders are the operator's.
Result<> Host::Parts::make_output_folder() const {
    const auto folder = settings().host.state_dir + "/output";
    const bool used = std::ranges::any_of(settings().services, [&](const auto& service) {
        return service.output_path.starts_with(folder) || service.error_path.starts_with(folder);
    });
    if (!used) return {};
    const auto made = base::sys::make_folders(folder, 0755);
    if (made) return {};
    return base::fail(base::system_problem(folder, "make the folder", made.error()));
}

void Host::Parts::make_services() {
    for (const auto& table : settings().services)
        services[table.name] = std::make_unique<supervisor::Service>(
            loop, table, *runners.at(table.runner.instance), table.runner.options,
            reconciler->hooks(table.name));
}

void Host::Parts::make_watchers() {
    for (const auto& [name, source] : consensus) {
        auto& watcher = watchers[name];
        watcher = std::make_unique<consensus::Watcher>(
            loop, *source, consensus::Watcher::Options{},
            [this, name = name, last_error = std::string()]() mutable {
                note_consensus(name, *watchers.at(name), last_error);
            });
    }
}

void Host::Parts::note_consensus(const std::string& name, const consensus::Watcher& watcher,
                                 std::string& last_error) {
    if (watcher.error() != last_error) {
        last_error = watcher.error();
        const bool bad = !last_error.empty();
        const auto words = bad ? last_error : "it answers again";
        write_log(bad ? CMW_LEVEL_WARN : CMW_LEVEL_INFO,
                  fmt::format("consensus-source {}: {}", name, words));
        reconciler->remember(
            {0, {}, "consensus", name, bad ? "failed" : "recovered", "", "", words});
    }
    if (watcher.error().empty() && watcher.verdict())
        reconciler->on_verdict(name, *watcher.verdict());
    changed();
}

void Host::Parts::make_pipeline() {
    const auto context = this->context();
    std::vector<logs::Pipeline::Backend> backends;
    for (const auto& table : settings().instances) {
        if (table.kind != "log-backend") continue;
        logs::Pipeline::Backend backend;
        backend.name = table.name;
        backend.factory = plugin_host::make_log_backend_factory(plugin_of(table), table, context);
        backend.deadline = table.deadline.value_or(backend.deadline);
        backends.push_back(std::move(backend));
    }
    logs::Pipeline::Options options;
    options.state_dir = settings().host.state_dir;
    options.log = &write_log;
    pipeline = std::make_unique<logs::Pipeline>(std::move(options), settings().streams,
                                                std::move(backends));
}

Result<> Host::Parts::open_api(Host& host) {
    const auto& runtime_dir = settings().host.runtime_dir;
    if (const auto made = base::sys::make_folders(runtime_dir, 0755); !made)
        return base::fail(base::system_problem(runtime_dir, "make the folder", made.error()));
    auto opened = control::Api::open(loop, control_socket(settings().host),
                                     uids_of(settings().host.control_users), host);
    if (!opened) return tl::unexpected(opened.error());
    api = std::move(*opened);
    return {};
}

Host::Host(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Host::~Host() {
    parts_->api.reset();
}

Result<std::unique_ptr<Host>> Host::create(base::EventLoop& loop, Configuration configuration,
                                           std::function<Result<>()> reload) {
    const auto& settings = configuration.loaded.settings;
    std::string notice;
    auto database =
        state::Database::open_or_begin_anew(settings.host.state_dir + "/state.db", notice);
    if (!database) return tl::unexpected(database.error());
    if (!notice.empty()) write_log(CMW_LEVEL_ERROR, notice);
    std::unique_ptr<Host> host(new Host(std::make_unique<Parts>(
        loop, std::move(configuration), std::move(reload), std::move(*database))));
    auto& parts = *host->parts_;
    const auto context = parts.context();
    parts.make_instances(context);
    if (const auto made = parts.make_reconciler(); !made) return tl::unexpected(made.error());
    if (const auto made = parts.make_output_folder(); !made) return tl::unexpected(made.error());
    parts.make_services();
    auto stopped_by = parts.database.host_value(shipping_key);
    if (!stopped_by) return tl::unexpected(stopped_by.error());
    parts.shipping_stopped_by = std::move(*stopped_by);
    if (parts.shipping_stopped_by.empty()) parts.make_pipeline();
    if (const auto opened = parts.open_api(*host); !opened) return tl::unexpected(opened.error());
    std::map<std::string, supervisor::Service*> services;
    for (const auto& [name, service] : parts.services) services[name] = service.get();
    if (const auto begun = parts.reconciler->begin(services); !begun)
        return tl::unexpected(begun.error());
    parts.make_watchers();
    parts.make_inboxes();
    return host;
}

void Host::suspend() {
    parts_->watchers.clear();
    parts_->inboxes.clear();
    parts_->reconciler->suspend();
}

const Configuration& Host::configuration() const {
    return parts_->configuration;
}

Result<std::vector<state::HistoryEntry>> Host::history(const std::string& name, std::size_t limit) {
    return parts_->database.history(name, limit);
}

namespace {

base::Problem no_such(std::string_view kind, const std::string& name,
                      const std::vector<std::string>& names) {
    const auto near = base::nearest(name, names);
    return {fmt::format("{}.{}", kind, name), fmt::format("cannot find a {} of this name", kind),
            near.empty() ? fmt::format("there are: {}", fmt::join(names, ", "))
                         : "did you mean '" + near + "'?"};
}

template <class Thing>
std::vector<std::string> names_of(const std::vector<Thing>& things) {
    std::vector<std::string> names;
    for (const auto& thing : things) names.push_back(thing.name);
    return names;
}

bool names_logger(const config::Settings& settings, const std::string& name) {
    return name == control::logger && settings.service(name) == nullptr;
}

} // namespace

base::Problem no_such_service(const config::Settings& settings, const std::string& name) {
    return no_such("service", name, names_of(settings.services));
}

base::Problem no_such_component(const config::Settings& settings, const std::string& name) {
    return no_such("component", name, names_of(settings.components));
}

void Host::start(const std::string& service, const std::string& who, Done done) {
    if (names_logger(parts_->settings(), service)) return parts_->ship(true, who, std::move(done));
    if (!parts_->services.contains(service))
        return done(base::fail(no_such_service(parts_->settings(), service)));
    parts_->reconciler->start(service, who, std::move(done));
}

void Host::stop(const std::string& service, const std::string& who, Done done) {
    if (names_logger(parts_->settings(), service)) return parts_->ship(false, who, std::move(done));
    if (!parts_->services.contains(service))
        return done(base::fail(no_such_service(parts_->settings(), service)));
    parts_->reconciler->stop(service, who, std::move(done));
}

void Host::restart(const std::string& service, const std::string& who, Done done) {
    if (!parts_->services.contains(service))
        return done(base::fail(no_such_service(parts_->settings(), service)));
    parts_->reconciler->restart(service, who, std::move(done));
}

void Host::order(const std::string& component, const reconcile::ComponentOrder& order,
                 const std::string& who,
                 const std::function<void(base::Result<std::string>)>& done) {
    if (parts_->settings().component(component) == nullptr)
        return done(base::fail(no_such_component(parts_->settings(), component)));
    parts_->reconciler->order(component, order, who, done);
}

void Host::decide(const std::string& source, bool approved, const std::string& who, Done done) {
    const auto found = parts_->inboxes.find(source);
    if (found == parts_->inboxes.end())
        return done(base::fail("command-source." + source,
                               "cannot find a command source of this name",
                               "see 'cmix-wrapper status'"));
    done(found->second->decide(approved, who));
}

void Host::reload(const std::string& who, Done done) {
    parts_->reconciler->remember({0, {}, "host", "", "reload-ordered", "", "", "", who});
    done(parts_->reload());
}

} // namespace cmw::app
