// SPDX-License-Identifier: Apache-2.0
#include "logs/delivery.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <poll.h>

namespace cmw::logs {

namespace {

/// After a round the thread rests so long before it listens to files again: what is written line by
/// line goes in batches, and a busy log does not wake us for each line.
constexpr base::Nanoseconds rest = std::chrono::milliseconds(10);

/// Waits until one of `fds` is readable or `until` has come; an interruption is no harm.
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

} // namespace

Delivery::Delivery(std::shared_ptr<const DeliverySetup> setup, std::uint64_t life)
    : setup_(std::move(setup)),
      board_(*setup_->board),
      life_(life),
      streams_(board_.streams.size()) {}

Delivery::~Delivery() = default;

void Delivery::look() {
    const std::lock_guard lock(board_.mutex);
    now_ = {base::monotonic_now(), base::unix_now(), board_.stop_by.has_value()};
}

void Delivery::run() {
    while (true) {
        look();
        if (now_.stopping) {
            const std::lock_guard lock(board_.mutex);
            if (now_.monotonic >= *board_.stop_by) break;
        }
        if (watches_) watches_->drain([this](std::size_t stream) { streams_[stream].news = true; });
        const auto served = round();
        if (served == Served::given_up) return;
        if (served == Served::worked) continue;
        if (now_.stopping && std::ranges::all_of(streams_, &Stream::finished)) break;
        sleep(served);
    }
    end();
}

void Delivery::end() {
    for (auto& stream : streams_)
        if (stream.tail) stream.tail->sync();
    (void)guarded(nullptr, 0, [this] { instance_.reset(); });
}

/// Blocked: no stream can go on before a back-off is over.
Delivery::Served Delivery::round() {
    auto all = Served::blocked;
    for (std::size_t stream = 0; stream < streams_.size(); ++stream) {
        const auto served = serve(stream);
        if (served == Served::given_up) return served;
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
    if (!now_.stopping) {
        const std::lock_guard lock(board_.mutex);
        if (now_.monotonic < board_.streams[stream].retry) return Served::blocked;
    }
    if (board_.streams[stream].use.is_wildcard()) return look_for_files(stream);
    if (!mine.tail) { // Only an instance knows the limits of a batch.
        const auto made = make_instance();
        if (made != Served::worked) {
            const auto& use = board_.streams[stream].use;
            if (use.disk) use.disk->confirmed(setup_->backend.name, {});
            return made;
        }
        if (!mine.tail) make_tail(stream);
    }
    if (!mine.tail->blocked() &&
        (mine.news || now_.stopping || mine.tail->wake_at() <= now_.monotonic)) {
        const auto filled = fill(stream);
        if (filled == Served::blocked && !mine.tail->ready(now_)) return filled;
    }
    if (mine.tail->ready(now_)) return write(stream);
    if (mine.tail->passed_enough()) return Served::worked;
    mine.finished = now_.stopping;
    return Served::idle;
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
    const std::lock_guard lock(board_.mutex);
    board_.streams[wildcard].failures = 0;
    board_.streams[wildcard].problem.clear();
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
    publish(stream, 0);
    if (!filled) return file_failed(stream, filled.error());
    // It stopped reading because the batch is complete, or the others shall have a turn.
    mine.news = mine.tail->blocked() || mine.tail->passed_enough();
    const std::lock_guard lock(board_.mutex);
    board_.streams[stream].problem.clear();
    return Served::worked;
}

/// Tries again after a back-off: what is read until then goes on its way all the same.
Delivery::Served Delivery::file_failed(std::size_t stream, const base::Problem& problem) {
    streams_[stream].news = true;
    streams_[stream].finished = now_.stopping;
    const auto text = base::to_string(problem);
    bool is_news = false;
    {
        const std::lock_guard lock(board_.mutex);
        auto& shown = board_.streams[stream];
        (void)put_off(shown.failures, shown.retry);
        is_news = std::exchange(shown.problem, text) != text;
    }
    if (is_news)
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

void Delivery::publish(std::size_t stream, std::size_t delivered, std::size_t rejected) {
    auto& tail = *streams_[stream].tail;
    const auto& use = board_.streams[stream].use;
    if (use.disk)
        use.disk->confirmed(setup_->backend.name,
                            {tail.reader().id(), tail.reader().first(), tail.confirmed()});
    const std::lock_guard lock(board_.mutex);
    auto& shown = board_.streams[stream];
    shown.delivered += delivered - rejected;
    shown.rejected += rejected;
    shown.dropped += tail.take_dropped();
    shown.dropped_bytes += tail.take_dropped_bytes();
    shown.read_bytes = tail.read_bytes() - use.first_sequence;
    shown.file = tail.reader().file();
    shown.id = tail.reader().id();
    shown.confirmed = tail.confirmed();
    shown.oldest = tail.oldest();
}

base::Monotonic Delivery::wake_at() {
    const std::lock_guard lock(board_.mutex);
    auto earliest = now_.stopping ? *board_.stop_by : base::Monotonic::max();
    for (std::size_t i = 0; i < streams_.size(); ++i) {
        const auto& mine = streams_[i];
        if (mine.finished) continue;
        const bool wildcard = board_.streams[i].use.is_wildcard();
        const bool waiting = mine.news || (!wildcard && (!mine.tail || mine.tail->ready(now_)));
        auto at = waiting    ? now_.monotonic
                  : wildcard ? base::Monotonic::max()
                             : mine.tail->wake_at();
        at = std::max(at, board_.streams[i].retry);
        if (!instance_ && waiting) at = std::max(at, board_.instance_retry);
        earliest = std::min(earliest, at);
    }
    return earliest;
}

void Delivery::sleep(Served round) {
    const auto until = wake_at();
    std::array<pollfd, 2> fds{{{now_.stopping ? -1 : board_.wake.get(), POLLIN, 0},
                               {watches_ ? watches_->fd() : -1, POLLIN, 0}}};
    if (round == Served::blocked || !watches_) {
        wait_for(std::span(fds).first(1), until);
        return;
    }
    wait_for(std::span(fds).first(1), std::min(until, now_.monotonic + rest));
    if ((fds[0].revents & POLLIN) == 0 && base::monotonic_now() < until) wait_for(fds, until);
}

} // namespace cmw::logs
