// SPDX-License-Identifier: Apache-2.0
#include "reconcile/reconciler.hpp"

#include "commands/signature.hpp"
#include "reconcile/reconciler_impl.hpp"

#include <cmw/abi/plugin.h>
#include <fmt/format.h>

namespace cmw::reconcile {

using base::Result;
using supervisor::Service;
using supervisor::ServiceEvent;

namespace {

std::optional<Digest> digest_of(const std::string& name) {
    return base::parse_digest_name(name);
}

/// One that orders of the network are checked by: with a broken one none would be obeyed any more.
Result<> check_certificate(const std::string& path) {
    const auto certificate = commands::Certificate::load(path);
    if (!certificate) return tl::unexpected(certificate.error());
    return certificate->valid_at(base::unix_now());
}

} // namespace

void Reconciler::Impl::set_up_facts() {
    const auto& settings = board->parts.settings;
    for (const auto& component : settings.components) {
        ComponentFacts facts;
        facts.name = component.name;
        facts.activation = component.activation;
        board->facts.components.push_back(facts);
        const bool executable = std::ranges::any_of(settings.services, [&](const auto& service) {
            return !service.command.empty() && service.command.front() == component.path;
        });
        auto& work = board->components[component.name];
        work.settings = &component;
        work.target = {component.path, component.mode, executable, component.unpack,
                       static_cast<std::uint64_t>(component.max_size)};
        const bool certificate = std::ranges::any_of(settings.instances, [&](const auto& source) {
            return source.orders.certificate == component.path;
        });
        if (certificate) work.target.check = &check_certificate;
    }
    for (const auto& service : settings.services) {
        ServiceFacts facts;
        facts.name = service.name;
        facts.components = service.components;
        facts.after = service.after;
        facts.start_when = service.start_when;
        facts.stop_when_not_ready = service.stop_when_not_ready;
        facts.activation = service.activation;
        facts.adopted = false;
        board->facts.services.push_back(facts);
    }
}

/// Where this host's random delays come from: drawn once, so that a restart draws no other.
Result<> Reconciler::Impl::load_seed() {
    auto seed = board->parts.database.host_value("seed");
    if (!seed) return tl::unexpected(seed.error());
    board->facts.seed = std::move(*seed);
    if (!board->facts.seed.empty()) return {};
    std::random_device random;
    board->facts.seed =
        fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
    return board->parts.database.save_host_value("seed", board->facts.seed);
}

Result<> Reconciler::Impl::load() {
    if (const auto seeded = load_seed(); !seeded) return seeded;
    const auto components = board->parts.database.components();
    if (!components) return tl::unexpected(components.error());
    const auto services = board->parts.database.services();
    if (!services) return tl::unexpected(services.error());
    auto trials = board->parts.database.trials();
    if (!trials) return tl::unexpected(trials.error());
    board->trials = std::move(*trials);
    for (auto& facts : board->facts.components) {
        const auto found = components->find(facts.name);
        if (found == components->end()) continue;
        board->components.at(facts.name).record = found->second;
        recall(facts, found->second);
    }
    for (auto& facts : board->facts.services) {
        const auto found = services->find(facts.name);
        if (found == services->end()) continue;
        board->services[facts.name].record = found->second;
        facts.wanted = !found->second.stopped_by_operator;
    }
    return {};
}

void Reconciler::Impl::adopt_all() {
    for (auto& [name, work] : board->services) {
        work.service->adopt([weak = std::weak_ptr(board), name = name](bool adopted) {
            const auto alive = Board::open(weak);
            if (!alive) return;
            auto& facts = alive->service(name);
            auto& parts = alive->services.at(name);
            facts.adopted = true;
            facts.state = parts.service->status().state;
            const auto pid = parts.service->status().pid;
            if (adopted && pid != parts.record.pid) {
                // Its host ended before it had saved this. Now, because the next upgrade saves what
                // runs next after it.
                parts.record.pid = pid;
                parts.record.runs = parts.record.runs_next;
                alive->save_service(name);
            }
            if (adopted)
                for (const auto& [part, digest] : parts.record.runs)
                    facts.runs[part] = digest_of(digest);
            // The operator stopped it, and the host ended before it was down.
            if (adopted && !facts.wanted) parts.service->stop();
            alive->replan();
        });
    }
}

void Reconciler::Impl::replan_soon(const std::weak_ptr<Impl>& self) {
    if (!begun || std::exchange(replan_posted, true)) return;
    board->parts.loop.post([self] {
        const auto alive = self.lock();
        if (!alive) return;
        alive->replan_posted = false;
        if (alive->begun) alive->replan();
    });
}

void Reconciler::Impl::refresh_services() {
    for (auto& facts : board->facts.services) {
        const auto status = board->services.at(facts.name).service->status();
        facts.state = status.state;
        facts.up = supervisor::is_up(status);
    }
}

void Reconciler::Impl::replan() {
    refresh_services();
    resume_trials(board);
    auto plan = make_plan(board->facts, {base::monotonic_now(), base::unix_now()});
    const auto differ = [](const ComponentView& a, const ComponentView& b) {
        return a.state != b.state || a.reason != b.reason || a.desired != b.desired;
    };
    const bool news =
        !std::ranges::equal(plan.components, views, [&](const auto& a, const auto& b) {
            return a.first == b.first && !differ(a.second, b.second);
        });
    views = std::move(plan.components);
    for (const auto& step : plan.steps) carry_out(step);
    again.reset();
    if (plan.again_at) again = board->parts.loop.at(*plan.again_at, [this] { board->replan(); });
    if (news) board->parts.changed();
    if (!cleaned && all_is_known()) {
        cleaned = true;
        cleanup(board);
    }
}

/// What is wanted and what is: the earliest that anything can be told to be superfluous.
bool Reconciler::Impl::all_is_known() const {
    const auto& facts = board->facts;
    return std::ranges::all_of(
               facts.components,
               [&](const auto& c) { return c.inspected && facts.sources.contains(c.name); }) &&
           std::ranges::all_of(facts.services, &ServiceFacts::adopted);
}

void Reconciler::Impl::carry_out(const Step& step) {
    switch (step.what) {
    case Step::Do::inspect:
        return inspect(board, step.component);
    case Step::Do::fetch:
        return fetch(board, step.component, *step.digest);
    case Step::Do::fetch_ahead:
        return fetch_ahead(board, step.component, *step.digest);
    case Step::Do::stage:
        return stage(board, step.component, *step.digest);
    case Step::Do::activate:
        return activate(board, step);
    case Step::Do::start:
        return start_service(step);
    case Step::Do::hold_back:
        return board->services.at(step.service).service->hold_back(step.reason);
    case Step::Do::stop:
        return leave(step);
    }
}

Reconciler::Reconciler(Parts parts) : impl_(std::make_shared<Impl>(std::move(parts))) {
    impl_->board->replan = [weak = std::weak_ptr(impl_)] {
        if (const auto alive = weak.lock()) alive->replan_soon(weak);
    };
    impl_->set_up_facts();
}

Reconciler::~Reconciler() {
    impl_->board->close();
}

Service::Hooks Reconciler::hooks(const std::string& service) {
    const std::weak_ptr<Impl> weak = impl_;
    return {[weak, service](std::function<void(Result<>)> done) {
                if (const auto alive = weak.lock())
                    verify_service(alive->board, service, std::move(done));
            },
            [weak, service](const ServiceEvent& event) {
                if (const auto alive = weak.lock()) alive->on_event(service, event);
            },
            [weak, service] {
                const auto alive = weak.lock();
                if (!alive) return;
                alive->board->replan();
                alive->board->parts.changed();
                if (const auto& told = alive->board->services.at(service).on_change) told();
            }};
}

Result<> Reconciler::begin(const std::map<std::string, Service*>& services) {
    if (const auto loaded = impl_->load(); !loaded) return loaded;
    for (const auto& [name, service] : services) impl_->board->services[name].service = service;
    impl_->begun = true;
    impl_->adopt_all();
    impl_->board->replan();
    return {};
}

void Reconciler::try_again(const std::string& instance) {
    auto& board = *impl_->board;
    for (auto& c : board.facts.components) {
        auto& work = board.components.at(c.name);
        if (work.settings->from.instance != instance) continue;
        c.not_before = c.ahead_not_before = {};
        work.news_of_source = c.busy == Busy::fetching;
    }
    board.replan();
}

void Reconciler::suspend() {
    impl_->begun = false;
    impl_->again.reset();
    impl_->board->ending = true;
    impl_->board->cancel.cancel();
}

std::map<std::string, ComponentReport> Reconciler::report() const {
    std::map<std::string, ComponentReport> reports;
    for (const auto& facts : impl_->board->facts.components) {
        auto& report = reports[facts.name];
        report.facts = facts;
        if (const auto view = impl_->views.find(facts.name); view != impl_->views.end())
            report.view = view->second;
        if (const auto& progress = impl_->board->components.at(facts.name).progress)
            report.progress = {progress->received.load(), progress->total.load()};
    }
    return reports;
}

void Reconciler::remember(state::HistoryEntry entry) {
    impl_->board->remember(std::move(entry));
}

} // namespace cmw::reconcile
