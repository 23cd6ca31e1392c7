// SPDX-License-Identifier: Apache-2.0
#include "commands/inbox.hpp"

#include "base/digest.hpp"
#include "commands/judgement.hpp"
#include "commands/next_step.hpp"

#include <deque>
#include <fmt/format.h>
#include <random>

namespace cmw::commands {

using base::Result;
using plugin_host::CommandFile;
using plugin_host::Failure;
using state::OrderRecord;

namespace {

double seconds(base::UnixTime time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

/// The same set, at its next command.
OrderRecord behind(OrderRecord record) {
    ++record.step;
    record.until = {};
    record.approved = false;
    return record;
}

} // namespace

struct Inbox::Impl : std::enable_shared_from_this<Inbox::Impl> {
    base::EventLoop& loop;
    const config::InstanceSettings& settings;
    plugin_host::CommandSource& source;
    state::Database& database;
    const Hooks hooks;
    const Options options;

    bool known = false; ///< The state was read.
    Standing standing;
    struct Set {
        OrderRecord record;
        CommandSet set;
    };
    std::deque<Set> sets; ///< Taken and not done; the first is carried out.
    bool busy = false;    ///< A command is being carried out.
    InboxStatus shown;
    InboxStatus told;

    unsigned failures = 0;
    bool waits = true; ///< The source waits for news, as far as is known.
    base::Monotonic asked_at;
    base::EventLoop::Handle asking;
    base::EventLoop::Handle delay;
    std::minstd_rand random{std::random_device{}()};

    Impl(base::EventLoop& l, const config::InstanceSettings& s, plugin_host::CommandSource& c,
         state::Database& d, Hooks h, Options o)
        : loop(l), settings(s), source(c), database(d), hooks(std::move(h)), options(o) {}

    // ---- Files in ----
    void begin();
    Result<> read_state();
    void ask();
    void take(tl::expected<std::vector<CommandFile>, Failure> answer);
    Result<bool> take_files(const std::vector<CommandFile>& files);
    Result<> accept(const CommandFile& file, Judgement judgement);
    Result<> refuse(const CommandFile& file, const Judgement& judgement);
    void trouble(const std::string& why, base::Nanoseconds at_least);

    // ---- Commands out ----
    void advance();
    bool advance_one();
    void carry_out(const Command& command);
    bool save(OrderRecord changed);
    void end_set(const std::string& outcome);
    std::string who() const;
    void remember(const std::string& event, const std::string& why, const std::string& by = {});
    void show();
};

// ---- Files in ----------------------------------------------------------------------------------

void Inbox::Impl::begin() {
    asking = loop.after(base::Nanoseconds::zero(), [this] {
        if (const auto read = read_state(); !read)
            return trouble(base::to_string(read.error()), settings.orders.every);
        advance();
        ask();
    });
}

/// Once; what it cannot read is tried again, for nothing may be taken twice.
Result<> Inbox::Impl::read_state() {
    auto found = database.order_source(settings.name);
    if (!found) return tl::unexpected(found.error());
    standing.newest = found->newest;
    standing.sequence = found->sequence;
    if (found->newest == 0 && !settings.orders.from_beginning) {
        standing.newest = seconds(options.now());
        if (const auto saved = database.begin_orders(settings.name, standing.newest); !saved)
            return saved;
    }
    for (auto& record : found->sets) {
        standing.taken.insert(record.digest);
        if (!record.outcome.empty()) {
            shown.last = fmt::format("{}: {}", record.file, record.outcome);
            continue;
        }
        // It was read before it was taken.
        if (auto set = parse_command_set(record.line))
            sets.push_back({std::move(record), std::move(*set)});
    }
    known = true;
    return {};
}

void Inbox::Impl::ask() {
    asked_at = base::monotonic_now();
    source.poll([weak = weak_from_this()](auto answer) {
        if (const auto self = weak.lock()) self->take(std::move(answer));
    });
}

void Inbox::Impl::trouble(const std::string& why, base::Nanoseconds at_least) {
    const double part = std::generate_canonical<double, 20>(random);
    shown.error = why;
    show();
    asking = loop.after(std::max(options.backoff.delay(++failures, part), at_least), [this] {
        if (known) return ask();
        begin();
    });
}

void Inbox::Impl::take(tl::expected<std::vector<CommandFile>, Failure> answer) {
    if (!answer && answer.error().status != CMW_CANCELLED) {
        source.reinitialise();
        return trouble(answer.error().text, answer.error().retry_after);
    }
    const auto news = answer ? take_files(*answer) : Result<bool>(false);
    if (!news) return trouble(base::to_string(news.error()), settings.orders.every);
    failures = 0;
    shown.error.clear();
    advance();
    // One that waits for news is asked again at once: the first answer of all comes without.
    const bool waited = base::monotonic_now() - asked_at > settings.orders.every / 10;
    const bool at_once = waited || *news || waits;
    waits = waited;
    asking =
        loop.after(at_once ? base::Nanoseconds::zero() : settings.orders.every, [this] { ask(); });
}

/// Takes what is news, the oldest first: each of them makes those before it old.
Result<bool> Inbox::Impl::take_files(const std::vector<CommandFile>& files) {
    if (files.empty()) return false;
    const auto certificate = Certificate::load(settings.orders.certificate);
    if (!certificate) return tl::unexpected(certificate.error());
    const Terms terms{settings.orders.role, settings.orders.strict};
    std::vector<std::pair<double, const CommandFile*>> ordered;
    for (const auto& file : files) {
        const auto judged = judge(file.content, *certificate, terms, standing, options.now());
        if (judged.kind == Judgement::Kind::known) continue;
        if (judged.kind == Judgement::Kind::news) {
            ordered.emplace_back(judged.set.timestamp, &file);
        } else if (const auto refused = refuse(file, judged); !refused) {
            return tl::unexpected(refused.error());
        }
    }
    std::ranges::stable_sort(ordered, {}, [](const auto& one) { return one.first; });
    for (const auto& [timestamp, file] : ordered) {
        auto judged = judge(file->content, *certificate, terms, standing, options.now());
        if (judged.kind == Judgement::Kind::known) continue; // Two files of one content.
        const auto kept = judged.kind == Judgement::Kind::news ? accept(*file, std::move(judged))
                                                               : refuse(*file, judged);
        if (!kept) return tl::unexpected(kept.error());
    }
    return !ordered.empty();
}

Result<> Inbox::Impl::accept(const CommandFile& file, Judgement judgement) {
    OrderRecord record;
    record.digest = judgement.digest;
    record.file = file.name;
    record.line = judgement.line;
    const auto& set = judgement.set;
    const auto sequence = set.sequence ? set.sequence : standing.sequence;
    const auto saved = database.take_order(settings.name, record, set.timestamp, sequence);
    if (!saved) return saved;
    standing.newest = set.timestamp;
    standing.sequence = sequence;
    standing.taken.insert(record.digest);
    std::string words;
    for (const auto& command : set.commands)
        words += fmt::format("{}{}", words.empty() ? "" : ", ", in_words(command));
    hooks.remember({0,
                    {},
                    "orders",
                    settings.name,
                    "taken",
                    "",
                    record.digest,
                    fmt::format("{}: {}", record.file, words.empty() ? "no command" : words)});
    sets.push_back({std::move(record), std::move(judgement.set)});
    return {};
}

/// The same refusal is told once, however often the file is brought.
Result<> Inbox::Impl::refuse(const CommandFile& file, const Judgement& judgement) {
    const auto digest = judgement.digest.empty() ? digest_of_line(file.content) : judgement.digest;
    shown.refused = fmt::format("{}: {}", file.name, judgement.why);
    const auto fresh = database.refuse_order(settings.name, digest, judgement.why);
    if (!fresh) return tl::unexpected(fresh.error());
    if (*fresh)
        hooks.remember({0, {}, "orders", settings.name, "refused", "", digest, shown.refused});
    return {};
}

// ---- Commands out ------------------------------------------------------------------------------

void Inbox::Impl::advance() {
    while (!busy && !sets.empty() && advance_one()) {
    }
    show();
}

/// One step of the first set; false: something must happen before the next.
bool Inbox::Impl::advance_one() {
    using What = NextStep::What;
    auto& [record, set] = sets.front();
    const auto next = next_step(set, record, settings.orders, hooks.node_id(), options.now());
    switch (next.what) {
    case What::finish:
        end_set("done");
        return true;
    case What::pass:
    case What::skip:
        return save(behind(record));
    case What::refuse:
        end_set(fmt::format("cannot {}: the configuration refuses it",
                            in_words(set.commands[static_cast<std::size_t>(record.step)])));
        return true;
    case What::begin_wait: {
        auto begun = record;
        begun.until = options.now() + next.rest;
        return save(std::move(begun));
    }
    case What::wait:
        delay = loop.after(next.rest, [this] { advance(); });
        return false;
    case What::ask:
    case What::identify:
        return false;
    case What::carry_out:
        carry_out(set.commands[static_cast<std::size_t>(record.step)]);
        return !busy;
    }
    return false;
}

void Inbox::Impl::carry_out(const Command& command) {
    busy = true;
    hooks.carry_out(command, who(), [weak = weak_from_this(), command](const Result<>& result) {
        const auto self = weak.lock();
        if (!self) return;
        // Never from within the call: what it was asked by may still be at work.
        self->loop.post([weak, command, result] {
            const auto impl = weak.lock();
            if (!impl) return;
            impl->busy = false;
            // After a failure the rest of the set does not follow.
            if (result)
                impl->save(behind(impl->sets.front().record));
            else
                impl->end_set(fmt::format("cannot {}: {}", in_words(command),
                                          base::to_string(result.error())));
            impl->advance();
        });
    });
}

/// A state that cannot be written stops the set here until it can.
bool Inbox::Impl::save(OrderRecord changed) {
    const auto saved = database.save_order(settings.name, changed);
    if (saved)
        sets.front().record = std::move(changed);
    else
        shown.error = base::to_string(saved.error());
    return saved.has_value();
}

void Inbox::Impl::end_set(const std::string& outcome) {
    auto record = sets.front().record;
    record.outcome = outcome;
    if (const auto saved = database.save_order(settings.name, record); !saved)
        shown.error = base::to_string(saved.error()); // It is looked at again by the next host.
    remember(outcome == "done" ? "done" : "failed", outcome);
    shown.last = fmt::format("{}: {}", record.file, outcome);
    sets.pop_front();
}

std::string Inbox::Impl::who() const {
    return fmt::format("{} ({})", settings.name, sets.front().record.file);
}

void Inbox::Impl::remember(const std::string& event, const std::string& why,
                           const std::string& by) {
    const auto& record = sets.front().record;
    hooks.remember({0,
                    {},
                    "orders",
                    settings.name,
                    event,
                    "",
                    record.digest,
                    fmt::format("{}: {}", record.file, why),
                    by});
}

void Inbox::Impl::show() {
    shown.doing.clear();
    shown.asks = false;
    shown.waiting = sets.empty() ? 0 : sets.size() - 1;
    if (!sets.empty()) {
        const auto& [record, set] = sets.front();
        const auto step = static_cast<std::size_t>(record.step);
        const auto next = next_step(set, record, settings.orders, hooks.node_id(), options.now());
        shown.asks = !busy && next.what == NextStep::What::ask;
        if (step < set.commands.size())
            shown.doing = fmt::format("{} (command {} of {} of {}){}", in_words(set.commands[step]),
                                      step + 1, set.commands.size(), record.file,
                                      next.what == NextStep::What::identify
                                          ? ": waits for this node's identity file"
                                          : "");
    }
    if (shown == told) return;
    told = shown;
    hooks.changed();
}

// ------------------------------------------------------------------------------------------------

Inbox::Inbox(base::EventLoop& loop, const config::InstanceSettings& settings,
             plugin_host::CommandSource& source, state::Database& database, Hooks hooks,
             Options options)
    : impl_(std::make_shared<Impl>(loop, settings, source, database, std::move(hooks), options)) {
    impl_->begin();
}

Inbox::~Inbox() {
    impl_->source.cancel();
}

Result<> Inbox::decide(bool approved, const std::string& who) {
    if (!impl_->shown.asks)
        return base::fail("command-source." + impl_->settings.name,
                          "cannot decide: no order waits for it", "see 'cmix-wrapper status'");
    impl_->remember(approved ? "approved" : "declined", impl_->shown.doing, who);
    if (approved) {
        auto agreed = impl_->sets.front().record;
        agreed.approved = true;
        if (!impl_->save(std::move(agreed)))
            return base::fail("command-source." + impl_->settings.name,
                              "cannot save what was decided: " + impl_->shown.error);
    } else {
        impl_->end_set("declined by " + who);
    }
    impl_->advance();
    return {};
}

InboxStatus Inbox::status() const {
    return impl_->shown;
}

} // namespace cmw::commands
