// SPDX-License-Identifier: Apache-2.0
//
// ledger/writer.hpp - the program whose log is followed: writes numbered lines into a file and has it
// rotated in all the ways there are.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <random>
#include <string>
#include <thread>

namespace cmw::test {

class Writer {
  public:
    explicit Writer(std::string path);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// `stamp`: what stands before each line.
    void write(std::size_t lines, const std::string& stamp = "");

    /// Rotation as a program or logrotate does it: the file becomes one more generation ("a.log-N"),
    /// and its writer goes on in a new one once it notices: after `late` lines more.
    void rotate(std::size_t late = 0);
    /// The same with numbers that move: a.log.1 becomes a.log.2 and so on. At most `keep` remain.
    void rotate_numbers(int keep);
    /// As logrotate does it with copytruncate: the copy becomes a.log.1, and so on. The writer waits
    /// meanwhile, so that nothing is written between copy and truncation.
    void copy_and_truncate(int keep);

    /// As if the clock of its files had jumped, days back or forward: the log and the generation before
    /// it get times of modification by `random`.
    void jump(std::minstd_rand& random);

    std::size_t written() const { return next_; }
    const std::string& path() const { return path_; }

  private:
    void open();
    void move_numbers(int keep);

    std::string path_;
    int fd_ = -1;
    int rotations_ = 0;
    std::string rotated_; ///< What the log became when it was rotated last.
    std::atomic<std::size_t> next_{0};
};

/// A thread that writes `lines` every few milliseconds, until it is stopped.
class SteadyWriter {
  public:
    /// `between`: what else the thread does, after each burst.
    SteadyWriter(Writer& writer, std::size_t lines, std::chrono::milliseconds pause,
                 std::function<void()> between = {});
    ~SteadyWriter() { stop(); }
    SteadyWriter(const SteadyWriter&) = delete;
    SteadyWriter& operator=(const SteadyWriter&) = delete;

    void stop();

  private:
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

} // namespace cmw::test
