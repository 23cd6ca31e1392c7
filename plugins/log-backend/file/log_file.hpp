// SPDX-License-Identifier: Apache-2.0
//
// file/log_file.hpp - a file that whole records are appended to: rotated by size and time, opened anew when
// somebody moved it away, and never left with half a record, nor with one that will come again.
//
// It throws std::system_error with a text for the operator.
#pragma once

#include "compressor.hpp"
#include "owner.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace cmw::file {

class LogFile {
  public:
    struct Settings {
        std::filesystem::path path;
        std::int64_t max_size = 0; ///< Bytes; a file is rotated before it would be larger.
        std::int64_t keep = 0;     ///< Older generations: path.1 is the youngest.
        mode_t mode = 0640;
        bool sync = false; ///< Make each append durable.
        /// Nanoseconds; a file with records of an earlier such period since the Unix epoch is
        /// rotated. 0: never.
        std::int64_t rotate_every = 0;
        Owner owner;
        Compressor* compressor = nullptr; ///< Of older generations; none: they stay plain.
        std::function<std::int64_t()> now = unix_nanoseconds;
    };

    /// Since the Unix epoch.
    static std::int64_t unix_nanoseconds();

    /// Opens it, with the folders above it, and cuts off half a record that a crash may have left.
    explicit LogFile(Settings settings);
    ~LogFile();
    LogFile(const LogFile&) = delete;
    LogFile& operator=(const LogFile&) = delete;

    /// Appends records, each with its line feed, as many as fit into this file (at least one), and
    /// rotates before if none does. Returns how many are in the file for good. When it throws, none
    /// is.
    std::size_t append(std::span<const std::string_view> records);

    /// Opens the path anew if something else stands there now.
    void follow_path();

  private:
    void open();
    void close() noexcept;
    bool create();
    bool is_of_earlier_period() const;
    void drop_half_record();
    void rotate();
    std::size_t how_many_fit(std::span<const std::string_view> records) const;
    std::size_t write(std::span<const std::string_view> records);
    void cut_to(std::int64_t size);
    [[noreturn]] void fail(const char* verb, int error) const;

    Settings settings_;
    int fd_ = -1;
    std::int64_t size_ = 0;
    std::int64_t written_ = 0; ///< When, since the Unix epoch; of a file that has records.
};

} // namespace cmw::file
