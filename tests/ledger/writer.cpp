// SPDX-License-Identifier: Apache-2.0
#include "ledger/writer.hpp"

#include "ledger/count.hpp"

#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <unistd.h>

namespace cmw::test {

namespace fs = std::filesystem;

Writer::Writer(std::string path) : path_(std::move(path)) {
    open();
}

Writer::~Writer() {
    ::close(fd_);
}

void Writer::open() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd_ < 0) throw std::runtime_error("cannot open " + path_);
}

void Writer::write(std::size_t lines, const std::string& stamp) {
    std::string text;
    for (std::size_t i = 0; i < lines; ++i) text += stamp + numbered_line(next_ + i);
    if (::write(fd_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        throw std::runtime_error("cannot write " + path_);
    next_ += lines;
}

void Writer::rotate(std::size_t late) {
    rotated_ = path_ + "-" + std::to_string(100000 + ++rotations_);
    fs::rename(path_, rotated_);
    write(late);
    open();
}

void Writer::move_numbers(int keep) {
    for (int i = keep; i > 1; --i) {
        std::error_code none; // There may be fewer.
        fs::rename(path_ + "." + std::to_string(i - 1), path_ + "." + std::to_string(i), none);
    }
}

void Writer::rotate_numbers(int keep) {
    move_numbers(keep);
    rotated_ = path_ + ".1";
    fs::rename(path_, rotated_);
    open();
}

void Writer::copy_and_truncate(int keep) {
    move_numbers(keep);
    fs::copy_file(path_, path_ + ".1", fs::copy_options::overwrite_existing);
    fs::resize_file(path_, 0);
}

void Writer::jump(std::minstd_rand& random) {
    constexpr int days = 10;
    for (const auto& file : {path_, rotated_}) {
        const auto hours = static_cast<int>(random() % (2 * 24 * days)) - 24 * days;
        std::error_code none; // There may be no such file.
        fs::last_write_time(file, fs::file_time_type::clock::now() + std::chrono::hours(hours),
                            none);
    }
}

SteadyWriter::SteadyWriter(Writer& writer, std::size_t lines, std::chrono::milliseconds pause,
                           std::function<void()> between)
    : thread_([this, &writer, lines, pause, between = std::move(between)] {
          while (!stop_) {
              writer.write(lines);
              if (between) between();
              std::this_thread::sleep_for(pause);
          }
      }) {}

void SteadyWriter::stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
}

} // namespace cmw::test
