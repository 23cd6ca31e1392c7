// SPDX-License-Identifier: Apache-2.0
//
// file/compressor.hpp - compresses older generations of log files one after the other, in a thread
// of low priority that is there from the first of them on. Records are appended meanwhile.
#pragma once

#include "generations.hpp"

#include <cmw/host.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace cmw::file {

class Compressor {
  public:
    Compressor(Compression how, Host host) : how_(how), host_(host) {}
    ~Compressor(); ///< What is not done stays as it is; a later one begins it anew.
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;

    /// While it is held, no generation changes its name but by who holds it.
    std::unique_lock<std::mutex> hold_names() { return std::unique_lock(names_); }

    /// Compresses what is plain. What goes wrong is said in the host's log, and tried again when
    /// this is called again.
    void add(const Generations& generations);

  private:
    void run();
    bool compress_one(const Generations& generations);

    Compression how_;
    Host host_;
    std::mutex names_;
    std::mutex mutex_; ///< Of what follows.
    std::condition_variable news_;
    std::deque<Generations> waiting_;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

} // namespace cmw::file
