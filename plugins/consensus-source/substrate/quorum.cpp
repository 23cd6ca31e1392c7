// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/quorum.hpp"

#include "consensus-source/substrate/agreement.hpp"
#include "consensus-source/substrate/endpoint_memory.hpp"
#include "shared/hex.hpp"

#include <algorithm>

namespace cmw::substrate {
namespace {

using Clock = std::chrono::steady_clock;

// An endpoint that others stand in for is tried again after this long, then twice as long, ...
constexpr std::chrono::seconds shortest_pause = std::chrono::minutes(1);
constexpr std::chrono::seconds longest_pause = std::chrono::minutes(16);

/// The same, with the name of who is to blame.
Error named(const Error& error, const Endpoint& endpoint) {
    const std::string text = error.what();
    if (text.find(endpoint.name()) != std::string::npos) return error;
    return Error(error.status(), text + " (" + endpoint.name() + ")");
}

bool same(const Outcome& a, const Outcome& b) {
    return a.reading.answer == b.reading.answer && a.reading.usable && b.reading.usable &&
           a.agreeing == b.agreeing && a.differing == b.differing && a.failing == b.failing;
}

} // namespace

Quorum::Quorum(const Settings& settings, const Host& host) : settings_(settings), host_(host) {
    for (const auto& url : settings.endpoints)
        links_.push_back({.endpoint = parse_endpoint(url), .chain = {}, .reading = {}});
    if (settings.verify != verify_proof) return;
    Hash checkpoint{};
    std::ranges::copy(shared::from_hex(*settings.checkpoint).value(), checkpoint.begin());
    verified_.emplace(checkpoint, host);
}

Quorum::~Quorum() = default;

Outcome Quorum::next(const Call& call) {
    // A call that was left in the midst of a message took the connection with it.
    for (auto& link : links_)
        if (link.chain && !link.chain->usable()) link.chain.reset();
    while (true) {
        connect(call);
        if (pending_) {
            auto found = evaluate(call);
            pending_ = false;
            if (found && (alone() || !last_ || !same(*found, *last_))) {
                last_ = found;
                if (verified_ && found->reading.usable)
                    verified_->keep(found->reading.answer.number);
                return std::move(*found);
            }
        }
        wait(call);
    }
}

std::size_t Quorum::connected() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(links_, [](const Link& link) { return link.chain != nullptr; }));
}

void Quorum::connect(const Call& call) {
    const auto first = EndpointMemory::instance().first(settings_.endpoints);
    const auto wanted = alone() ? 1 : links_.size();
    std::optional<Error> failure; // The last one.
    bool logged = true;           // Unless it is thrown.
    for (std::size_t i = 0; i < links_.size() && connected() < wanted; ++i) {
        auto& link = links_[(first + i) % links_.size()];
        const bool due = link.retry_at <= Clock::now() || connected() < needed();
        if (link.chain || !due) continue;
        if (!logged) host_.warn(std::string(failure->what()) + "; trying the next endpoint");
        logged = true;
        try {
            link.chain = std::make_unique<Chain>(call, settings_, host_, link.endpoint,
                                                 verified_ ? &*verified_ : nullptr);
            link.reading.reset();
            pending_ = true;
        } catch (const Error& e) {
            if (e.status() == CMW_CANCELLED) throw;
            failure = named(e, link.endpoint);
            logged = false;
            link.pause = std::clamp(2 * link.pause, shortest_pause, longest_pause);
            link.retry_at = Clock::now() + link.pause;
        }
    }
    if (connected() < needed()) too_few(*failure);
    if (!logged) host_.warn(failure->what());
}

void Quorum::too_few(const Error& error) const {
    if (alone()) throw error;
    throw Error(error.status(), "cannot have " + std::to_string(needed()) +
                                    " endpoints agree: only " + std::to_string(connected()) +
                                    " can be used; " + error.what());
}

void Quorum::drop(Link& link, const Error& error) {
    link.chain.reset();
    if (alone())
        EndpointMemory::instance().failed(settings_.endpoints,
                                          static_cast<std::size_t>(&link - links_.data()));
    if (connected() < needed()) too_few(error);
    host_.warn(error.what());
    link.pause = shortest_pause;
    link.retry_at = Clock::now() + link.pause;
}

template <class Work>
void Quorum::attempt(Link& link, Work work) {
    if (!link.chain) return;
    try {
        work(*link.chain);
    } catch (const Error& e) {
        if (e.status() == CMW_CANCELLED) throw;
        drop(link, named(e, link.endpoint));
    }
}

void Quorum::wait(const Call& call) {
    for (auto& link : links_)
        attempt(link, [&](Chain& chain) { pending_ = chain.take_news(call) || pending_; });
    if (pending_) return;
    poll_all(call, wake_at());
    for (auto& link : links_)
        attempt(link, [&](Chain& chain) {
            if (chain.wake_at(sync_matters()) <= Clock::now() && !chain.take_news(call))
                pending_ = chain.tick(call, sync_matters()) || pending_;
        });
}

Quorum::Time Quorum::wake_at() const {
    auto until = Time::max();
    for (const auto& link : links_) {
        if (link.chain) until = std::min(until, link.chain->wake_at(sync_matters()));
        if (!link.chain && !alone()) until = std::min(until, link.retry_at);
    }
    return until;
}

void Quorum::poll_all(const Call& call, Time until) const {
    std::vector<pollfd> wanted{{call.cancel_fd(), POLLIN, 0}};
    for (const auto& link : links_)
        if (link.chain) wanted.push_back({link.chain->fd(), POLLIN, 0});
    call.check();
    const auto end = std::min(until, call.deadline());
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(std::max(end, Clock::now()) - Clock::now());
    constexpr std::chrono::milliseconds longest(1 << 30); // Who calls comes back.
    const int timeout = end == Time::max() ? -1 : static_cast<int>(std::min(left, longest).count());
    if (::poll(wanted.data(), wanted.size(), timeout) < 0 && errno != EINTR)
        throw std::system_error(errno, std::generic_category(), "cannot poll");
    call.check();
}

std::optional<Outcome> Quorum::evaluate(const Call& call) {
    std::vector<std::uint64_t> newest;
    for (const auto& link : links_)
        if (link.chain) newest.push_back(link.chain->newest());
    bool tried = false;
    for (const auto number : candidates(newest, needed())) {
        if (last_ && number < last_->reading.answer.number) break;
        tried = true;
        if (auto found = evaluate_at(call, number)) return found;
    }
    if (connected() < newest.size()) return evaluate(call); // Enough are left for that.
    if (tried) refuse();
    return std::nullopt;
}

std::optional<Outcome> Quorum::evaluate_at(const Call& call, std::uint64_t number) {
    read_all(call, number);
    std::vector<const Link*> voters;
    std::vector<const Answer*> answers;
    const Link* syncing = nullptr;
    std::size_t usable = 0;
    for (const auto& link : links_) {
        if (!link.chain) continue;
        const bool read = link.reading && link.reading->answer.number == number;
        if (read && !link.reading->usable) syncing = &link;
        if (!read || link.reading->usable) ++usable;
        if (!read || !link.reading->usable) continue;
        voters.push_back(&link);
        answers.push_back(&link.reading->answer);
    }
    const auto agreed = agreeing(answers, needed());
    if (!agreed.empty()) return outcome(voters, agreed);
    // Nothing can be agreed on before more of them are in sync.
    if (syncing != nullptr && usable < needed()) return outcome({syncing}, {0});
    return std::nullopt;
}

void Quorum::read_all(const Call& call, std::uint64_t number) {
    for (auto& link : links_) {
        attempt(link, [&](Chain& chain) {
            if (chain.newest() < number) return;
            const bool there = link.reading && link.reading->answer.number == number &&
                               link.reading->usable && !alone();
            if (!there) link.reading = chain.read(call, number);
        });
    }
}

Outcome Quorum::outcome(const std::vector<const Link*>& voters,
                        const std::vector<std::size_t>& agreed) {
    const auto& chosen = *voters[agreed.front()];
    Outcome outcome{.reading = *chosen.reading};
    for (std::size_t i = 0; i < voters.size(); ++i) {
        const auto name = voters[i]->endpoint.name();
        if (std::ranges::count(agreed, i) > 0)
            outcome.agreeing.push_back(name);
        else
            outcome.differing[name] =
                difference(chosen.reading->answer, voters[i]->reading->answer);
    }
    for (const auto& link : links_)
        if (!link.chain && !alone()) outcome.failing.push_back(link.endpoint.name());
    if (!last_ || outcome.differing != last_->differing)
        for (const auto& [name, what] : outcome.differing)
            host_.warn(name + " does not agree with the other endpoints: it has " + what +
                       " at block " + std::to_string(chosen.reading->answer.number));
    if (alone())
        EndpointMemory::instance().worked(settings_.endpoints,
                                          static_cast<std::size_t>(&chosen - links_.data()));
    return outcome;
}

void Quorum::refuse() const {
    std::string text = "cannot have " + std::to_string(needed()) + " endpoints agree";
    const Reading* first = nullptr;
    for (const auto& link : links_) {
        if (!link.chain || !link.reading || !link.reading->usable) continue;
        const auto& answer = link.reading->answer;
        text += (first == nullptr ? ": " : "; ") + link.endpoint.name() + " has ";
        text += first == nullptr ? "block " + std::to_string(answer.number) + " as " + answer.hash
                                 : difference(first->answer, answer);
        if (first == nullptr) first = &*link.reading;
    }
    throw Error(CMW_AGAIN, text);
}

} // namespace cmw::substrate
