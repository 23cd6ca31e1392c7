// SPDX-License-Identifier: Apache-2.0
//
// logs/delivery.hpp - the thread that ships to one backend: it owns the tails of all streams that go
// there, reads them and cuts batches, gives these to its writers, and moves the cursors. It never
// calls into the plugin, so no plugin can hold it up.
//
// In rounds: each stream gives at most one batch a round to a writer, so that none starves another.
// When a round finds nothing to do, the thread sleeps until a writer reports, a file or folder
// changes, a time is due or the host stops. There are as many writers as the backend lets batches be
// in flight, made when they are needed. Any failure of an instance, whatever it is, ends that
// instance; its batch goes again, to a new one, when the stream's back-off is over. Back-off counts
// for each stream alone.
//
// Memory: a batch for each stream, and as many more for all of them together as may be in flight;
// while any is in flight, that of two more.
#pragma once

#include "logs/board.hpp"
#include "logs/tail.hpp"
#include "logs/writer.hpp"

#include <algorithm>
#include <poll.h>
#include <span>

namespace cmw::logs {

/// One more failure: no try before the wait that is returned.
base::Nanoseconds put_off(unsigned& failures, base::Monotonic& retry,
                          base::Nanoseconds at_least = {});

/// Waits until one of `fds` is readable or `until` has come; an interruption is no harm.
void wait_for(std::span<pollfd> fds, base::Monotonic until);

class Delivery {
  public:
    /// Threads that hang are given up until there are so many, or as many as there may be writers;
    /// then no new ones are made until one of them returns.
    static constexpr std::size_t most_given_up = 5;

    explicit Delivery(std::shared_ptr<const DeliverySetup> setup);
    ~Delivery();

    /// Ships until the stop.
    void run();

  private:
    enum class Served {
        worked,  ///< There may be more to do at once.
        idle,    ///< Nothing to do.
        blocked, ///< There is a batch, but it has to wait.
    };
    struct Stream {
        std::optional<Tail> tail;
        bool news = true;        ///< Its files may have changed.
        bool finished = false;   ///< At the stop: shipped, or failed once more.
        unsigned failures = 0;   ///< In a row.
        base::Monotonic retry{}; ///< Not before this, after a failure.
        std::string problem;     ///< Of its file, as logged last; "" if none.
    };
    struct Slot {
        std::unique_ptr<Writer> writer; ///< Null: not needed yet, or given up.
        bool has_instance = false;
        bool failed = false; ///< To make an instance, or the one that it had.
        bool busy = false;
        std::size_t stream = 0;             ///< Of what it is writing ...
        std::shared_ptr<const Batch> batch; ///< ... which is this; null: none.
    };

    Served round();
    Served serve(std::size_t stream);
    Served look_for_files(std::size_t wildcard);
    Served fill(std::size_t stream);
    Served file_failed(std::size_t stream, const base::Problem& problem);
    bool may_read(const Tail& tail) const;
    bool may_send(const Tail& tail) const;
    void make_tail(std::size_t stream);
    void add(StreamUse use);
    bool make_watches();
    void publish(std::size_t stream, const Window::Moved& moved);
    void sleep(Served round);
    base::Monotonic wake_at() const;
    base::Monotonic wake_at(std::size_t stream) const;
    void look();

    Served ask_for_limits();
    Served send(std::size_t stream);
    void give(std::size_t slot, Writer::Job job);
    std::optional<std::size_t> idle_slot() const;
    base::Monotonic free_at() const;
    std::size_t in_flight() const { return limits_ ? std::max(limits_->in_flight, 1U) : 1; }
    bool busy() const { return std::ranges::any_of(slots_, &Slot::busy); }
    void collect();
    void settle(const WriteReport& report);
    void instance_made(Slot& slot, const cmw_log_limits& limits);
    void instance_failed(const WriteReport& report);
    void write_failed(std::size_t stream, const WriteReport& report);
    void tell_failure(const WriteReport& report, const std::string& next);
    void take_limits(const cmw_log_limits& limits);
    void wait_for_reports(base::Monotonic until);
    void end();

    const std::shared_ptr<const DeliverySetup> setup_;
    Board& board_;
    Tail::Now now_;
    std::optional<cmw_log_limits> limits_;     ///< That the tails were made for.
    std::optional<cmw_log_limits> new_limits_; ///< For which they are to be made anew.
    unsigned instance_failures_ = 0;           ///< To make an instance, in a row.
    base::Monotonic instance_retry_{};
    const std::shared_ptr<BatchMemory> memory_ = std::make_shared<BatchMemory>();
    std::optional<Watches> watches_;
    std::deque<Stream> streams_; ///< As the board's.
    std::deque<Slot> slots_;     ///< One for each batch that may be in flight.
    std::size_t first_ = 0;      ///< Stream with which the next round begins.
};

} // namespace cmw::logs
