// SPDX-License-Identifier: Apache-2.0
//
// How files come into an inbox.
#include "commands/inbox.hpp"

#include "commands/inbox_impl.hpp"

#include <fmt/format.h>

namespace cmw::commands {

using base::Result;
using plugin_host::CommandFile;
using plugin_host::Failure;
using state::OrderRecord;

namespace {

double seconds(base::UnixTime time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

} // namespace

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
    // One that waits for news is asked again at once. Some of its answers come without any: the first
    // of all, and two changes of which the first told everything.
    const bool waited = base::monotonic_now() - asked_at > settings.orders.every / 10;
    quick = waited || *news ? 0 : quick + 1;
    const auto pause = quick < enough_quick ? base::Nanoseconds::zero() : settings.orders.every;
    asking = loop.after(pause, [this] { ask(); });
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
    std::string words;
    for (const auto& command : set.commands)
        words += fmt::format("{}{}", words.empty() ? "" : ", ", in_words(command));
    const auto taken =
        entry("taken", record.digest,
              fmt::format("{}: {}", record.file, words.empty() ? "no command" : words));
    const auto saved = database.take_order(settings.name, record, set.timestamp, sequence, taken);
    if (!saved) return saved;
    standing.newest = set.timestamp;
    standing.sequence = sequence;
    standing.taken.insert(record.digest);
    hooks.told(taken);
    sets.push_back({std::move(record), std::move(judgement.set)});
    return {};
}

/// The same refusal is told once, however often the file is brought.
Result<> Inbox::Impl::refuse(const CommandFile& file, const Judgement& judgement) {
    const auto digest = judgement.digest.empty() ? digest_of_line(file.content) : judgement.digest;
    shown.refused = fmt::format("{}: {}", file.name, judgement.why);
    const auto refused = entry("refused", digest, shown.refused);
    const auto fresh = database.refuse_order(settings.name, digest, judgement.why, refused);
    if (!fresh) return tl::unexpected(fresh.error());
    if (*fresh) hooks.told(refused);
    return {};
}

Inbox::Inbox(base::EventLoop& loop, const config::InstanceSettings& settings,
             plugin_host::CommandSource& source, state::Database& database, Hooks hooks,
             Options options)
    : impl_(std::make_shared<Impl>(loop, settings, source, database, std::move(hooks), options)) {
    impl_->begin();
}

Inbox::~Inbox() {
    impl_->source.cancel();
}

InboxStatus Inbox::status() const {
    return impl_->shown;
}

} // namespace cmw::commands
