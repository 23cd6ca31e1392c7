// SPDX-License-Identifier: Apache-2.0
//
// logs/delivery.hpp - the life of one thread that ships to one backend: it owns the backend's
// instance and the tails of all streams that go there.
//
// In rounds: each stream gets at most one batch a round, so that none starves another. When a round
// finds nothing to do, the thread sleeps until a file or folder changes, a time is due or the host
// stops. Any failure of the instance, whatever it is, ends the instance; a new one is made when a
// stream has a batch whose back-off is over. Back-off counts for each stream alone.
#pragma once

#include "logs/board.hpp"
#include "logs/tail.hpp"
#include "logs/watchdog.hpp"

namespace cmw::logs {

/// What all threads of one backend share. Whoever uses it owns it: an abandoned thread may be last.
struct DeliverySetup {
    Pipeline::Backend backend;
    std::vector<StreamUse> streams; ///< To begin with; then the board's.
    FileReader::Log log;
    std::shared_ptr<Board> board;
    std::shared_ptr<Watchdog> watchdog;
    /// Called on the watchdog's thread if a call into the plugin, the board's number `work`, is not
    /// back a grace period after its deadline.
    std::function<void(std::uint64_t work)> give_up;
};

/// One more failure: no try before the wait that is returned.
base::Nanoseconds put_off(unsigned& failures, base::Monotonic& retry,
                          base::Nanoseconds at_least = {});

class Delivery {
  public:
    Delivery(std::shared_ptr<const DeliverySetup> setup, std::uint64_t life);
    ~Delivery();

    /// Ships until the stop, or until this life has been given up.
    void run();

  private:
    enum class Served {
        worked,   ///< There may be more to do at once.
        idle,     ///< Nothing to do.
        blocked,  ///< There is a batch, but it has to wait.
        given_up, ///< This life is over.
    };

    bool guarded(const std::shared_ptr<plugin_host::Call>& call, std::size_t stream,
                 const std::function<void()>& work);
    Served round();
    Served serve(std::size_t stream);
    Served look_for_files(std::size_t wildcard);
    Served fill(std::size_t stream);
    Served write(std::size_t stream);
    Served make_instance();
    Served drop_instance(std::size_t stream, const plugin_host::Failure& failure);
    Served file_failed(std::size_t stream, const base::Problem& problem);
    void make_tails();
    void make_tail(std::size_t stream);
    void add(StreamUse use);
    bool make_watches();
    void publish(std::size_t stream, std::size_t delivered, std::size_t rejected = 0);
    void sleep(Served round);
    base::Monotonic wake_at();
    void look();
    void end();

    const std::shared_ptr<const DeliverySetup> setup_;
    Board& board_;
    const std::uint64_t life_;
    Tail::Now now_;
    std::unique_ptr<plugin_host::LogBackend> instance_;
    std::optional<cmw_log_limits> limits_; ///< That the tails were made for.
    std::optional<Watches> watches_;
    struct Stream {
        std::optional<Tail> tail;
        bool news = true;      ///< Its files may have changed.
        bool finished = false; ///< At the stop: shipped, or failed once more.
    };
    std::deque<Stream> streams_; ///< As the board's.
};

} // namespace cmw::logs
