// SPDX-License-Identifier: Apache-2.0
#include "logs/delivery.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>

namespace cmw::logs {

namespace {

/// After a round the thread rests before it listens to files again: what is written line by line goes
/// in batches, and a busy log does not wake us for each line. Longer where batches wait for more.
base::Nanoseconds rest_of(const std::optional<cmw_log_limits>& limits) {
    using std::chrono::milliseconds;
    return std::clamp<base::Nanoseconds>(base::Nanoseconds(limits ? limits->linger_ns / 10 : 0),
                                         milliseconds(10), milliseconds(100));
}

} // namespace

void wait_for(std::span<pollfd> fds, base::Monotonic until) {
    timespec limit{};
    const bool limited = until != base::Monotonic::max();
    if (limited) {
        const auto left = std::max<base::Nanoseconds>(until - base::monotonic_now(), {});
        limit.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000);
        limit.tv_nsec = static_cast<long>(left.count() % 1'000'000'000);
    }
    (void)::ppoll(fds.data(), fds.size(), limited ? &limit : nullptr, nullptr);
}

Delivery::Delivery(std::shared_ptr<const DeliverySetup> setup)
    : setup_(std::move(setup)),
      board_(*setup_->board),
      streams_(board_.streams.size()),
      slots_(in_flight()) {}

Delivery::~Delivery() = default;

void Delivery::look() {
    const std::lock_guard lock(board_.mutex);
    now_ = {base::monotonic_now(), base::unix_now(), board_.stop_by.has_value()};
}

void Delivery::run() {
    while (true) {
        look();
        collect();
        if (now_.stopping) {
            const std::lock_guard lock(board_.mutex);
            if (now_.monotonic >= *board_.stop_by) break;
        }
        if (watches_) watches_->drain([this](std::size_t stream) { streams_[stream].news = true; });
        const auto served = round();
        if (served == Served::worked) continue;
        if (now_.stopping && !busy() && std::ranges::all_of(streams_, &Stream::finished)) break;
        sleep(served);
    }
    end();
}

/// Blocked: no stream can go on before a back-off is over or a writer reports.
Delivery::Served Delivery::round() {
    auto all = Served::blocked;
    const auto count = streams_.size();
    const auto begin = first_;
    for (std::size_t i = 0; i < count; ++i) {
        const auto stream = (begin + i) % count;
        const auto served = serve(stream);
        if (served == Served::worked || all == Served::worked)
            all = Served::worked;
        else if (served == Served::idle)
            all = Served::idle;
    }
    return all;
}

Delivery::Served Delivery::serve(std::size_t stream) {
    auto& mine = streams_[stream];
    if (mine.finished) return Served::idle;
    look();
    if (!now_.stopping && now_.monotonic < mine.retry) return Served::blocked;
    if (board_.streams[stream].use.is_wildcard()) return look_for_files(stream);
    if (!mine.tail) { // Only an instance knows the limits of a batch.
        if (!limits_) return ask_for_limits();
        make_tail(stream);
    }
    auto& tail = *mine.tail;
    if (!tail.blocked() && may_read(tail) &&
        (mine.news || now_.stopping || tail.wake_at() <= now_.monotonic)) {
        const auto filled = fill(stream);
        if (filled == Served::blocked && !tail.ready(now_)) return filled;
    }
    if (may_send(tail)) return send(stream);
    if (tail.passed_enough()) return Served::worked;
    mine.finished = now_.stopping && tail.window().empty() && !tail.ready(now_);
    return Served::idle;
}

/// Whether the stream may have one more batch in memory.
bool Delivery::may_read(const Tail& tail) const {
    if (tail.window().empty()) return true;
    if (tail.window().waits()) return false;
    if (tail.has_records()) return true; // It has.
    std::size_t more = 0;                // Batches beyond the first of each stream.
    for (const auto& one : streams_) {
        if (!one.tail) continue;
        const auto held = one.tail->window().size() + (one.tail->has_records() ? 1 : 0);
        more += std::max<std::size_t>(held, 1) - 1;
    }
    return more < in_flight();
}

/// Whether there is a batch that may be on its way now. After a kill -9 what is on its way comes
/// again, and what waits for older ones to be safe: so many batches at most.
bool Delivery::may_send(const Tail& tail) const {
    return tail.window().waits() || (tail.ready(now_) && tail.window().size() < in_flight());
}

/// The files of a wildcard that were not there before.
Delivery::Served Delivery::look_for_files(std::size_t wildcard) {
    auto& mine = streams_[wildcard];
    if (!mine.news && !now_.stopping) return Served::idle;
    if (!make_watches()) return file_failed(wildcard, {"", "cannot watch log files", ""});
    const auto& use = board_.streams[wildcard].use;
    std::vector<std::string> known;
    for (const auto& one : board_.streams)
        if (one.use.stream == use.stream && !one.use.is_wildcard())
            known.push_back(std::filesystem::path(one.use.path).filename().string());
    const auto before = known.size();
    for (bool news = true; news;) {
        const auto followed = watches_->follow_folder(wildcard, use.path);
        if (!followed) return file_failed(wildcard, followed.error());
        for (auto& file : files_of(use, known)) {
            if (const auto begun = begin(file, false); !begun)
                return file_failed(wildcard, begun.error());
            known.push_back(std::filesystem::path(file.path).filename().string());
            add(std::move(file));
        }
        news = *followed;
    }
    mine.news = false;
    mine.finished = now_.stopping;
    mine.failures = 0;
    mine.problem.clear();
    return known.size() > before ? Served::worked : Served::idle;
}

void Delivery::add(StreamUse use) {
    const std::lock_guard lock(board_.mutex);
    board_.streams.emplace_back().use = std::move(use);
    streams_.emplace_back();
}

Delivery::Served Delivery::fill(std::size_t stream) {
    auto& mine = streams_[stream];
    if (!make_watches()) return file_failed(stream, {"", "cannot watch log files", ""});
    const auto filled = mine.tail->fill(now_, *watches_, stream);
    publish(stream, {});
    if (!filled) return file_failed(stream, filled.error());
    // It stopped reading because the batch is complete, or the others shall have a turn.
    mine.news = mine.tail->blocked() || mine.tail->passed_enough();
    mine.problem.clear();
    return Served::worked;
}

/// Tries again after a back-off: what is read until then goes on its way all the same.
Delivery::Served Delivery::file_failed(std::size_t stream, const base::Problem& problem) {
    auto& mine = streams_[stream];
    mine.news = true;
    mine.finished = now_.stopping;
    (void)put_off(mine.failures, mine.retry);
    const auto text = base::to_string(problem);
    if (std::exchange(mine.problem, text) != text)
        setup_->log(CMW_LEVEL_ERROR,
                    fmt::format("log.{}: {}", board_.streams[stream].use.stream, text));
    return Served::blocked;
}

bool Delivery::make_watches() {
    if (watches_) return true;
    auto watches = Watches::create(streams_.size());
    if (!watches) return false;
    watches_ = std::move(*watches);
    return true;
}

void Delivery::publish(std::size_t stream, const Window::Moved& moved) {
    auto& tail = *streams_[stream].tail;
    const auto& use = board_.streams[stream].use;
    if (use.disk)
        use.disk->confirmed(setup_->backend.name,
                            {tail.reader().id(), tail.reader().first(), tail.confirmed()});
    const std::lock_guard lock(board_.mutex);
    auto& shown = board_.streams[stream];
    shown.delivered += moved.records - moved.rejected;
    shown.rejected += moved.rejected;
    shown.dropped += tail.take_dropped();
    shown.dropped_bytes += tail.take_dropped_bytes();
    shown.read_bytes = tail.read_bytes() - use.first_sequence;
    shown.file = tail.reader().file();
    shown.id = tail.reader().id();
    shown.finished = tail.reader().finished();
    shown.confirmed = tail.confirmed();
    shown.oldest = tail.oldest();
}

base::Monotonic Delivery::wake_at(std::size_t stream) const {
    constexpr auto never = base::Monotonic::max();
    const auto& mine = streams_[stream];
    if (mine.finished) return never;
    auto at = never;
    if (board_.streams[stream].use.is_wildcard())
        at = mine.news ? now_.monotonic : never;
    else if (!mine.tail || may_send(*mine.tail))
        at = free_at();
    else if (mine.tail->ready(now_))
        at = never; // Until more of what is on its way is safe.
    else if (mine.tail->blocked() || !may_read(*mine.tail))
        at = mine.tail->due();
    else
        at = mine.news ? now_.monotonic : mine.tail->wake_at();
    return now_.stopping ? at : std::max(at, mine.retry);
}

base::Monotonic Delivery::wake_at() const {
    auto earliest = base::Monotonic::max();
    for (std::size_t i = 0; i < streams_.size(); ++i) earliest = std::min(earliest, wake_at(i));
    const std::lock_guard lock(board_.mutex);
    return now_.stopping ? std::min(earliest, *board_.stop_by) : earliest;
}

void Delivery::sleep(Served round) {
    if (!busy()) memory_->clear();
    const auto until = wake_at();
    std::array<pollfd, 2> fds{
        {{board_.wake.get(), POLLIN, 0}, {watches_ ? watches_->fd() : -1, POLLIN, 0}}};
    const auto woken = [&] { return (fds[0].revents & POLLIN) != 0; };
    if (round == Served::blocked || !watches_) {
        wait_for(std::span(fds).first(1), until);
    } else {
        wait_for(std::span(fds).first(1), std::min(until, now_.monotonic + rest_of(limits_)));
        if (!woken() && base::monotonic_now() < until) wait_for(fds, until);
    }
    eventfd_t count = 0;
    if (woken()) (void)::eventfd_read(board_.wake.get(), &count);
}

} // namespace cmw::logs
