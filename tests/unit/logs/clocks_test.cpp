// SPDX-License-Identifier: Apache-2.0
//
// A log is rotated in all ways while every file's times are whatever a clock that jumps may have
// made them, and its reader stops, is killed, and goes on with what it had saved. No line is lost,
// and none comes twice that was confirmed.
#include "logs/file_reader.hpp"

#include "logs/cursor.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <map>
#include <random>

using namespace cmw::logs;
namespace fs = std::filesystem;

namespace {

enum class Scheme { numbers, numbers_up, dates, copies };

/// What writes the log, rotates it and unpacks old ones; and the clock of the file system.
class Node {
  public:
    Node(Scheme scheme, std::minstd_rand& random) : scheme_(scheme), random_(random) { write(1); }

    const std::string& path() const { return path_; }
    std::size_t written() const { return written_; }
    std::size_t unread_rotations = 0; ///< Since a reader had all: one must not go unread.

    void write(std::size_t lines) { append(path_, lines); }

    /// Somebody has not noticed yet that the log was rotated.
    void write_late(std::size_t lines) {
        if (!rotated_.empty() && scheme_ != Scheme::copies && fs::exists(rotated_))
            append(rotated_, lines);
    }

    void rotate() {
        if (unread_rotations++ >= keep - 2) return;
        rotated_ = number(1);
        switch (scheme_) {
        case Scheme::dates:
            // The date may be any, and be there already.
            do rotated_ = path_ + "-" + std::to_string(20'000'000 + random_() % 1'000'000);
            while (fs::exists(rotated_));
            fs::rename(path_, rotated_);
            break;
        case Scheme::numbers_up:
            for (std::size_t n = 2; n <= keep && fs::exists(rotated_); ++n) rotated_ = number(n);
            if (fs::exists(rotated_))
                for (std::size_t n = 1; n < keep; ++n) fs::rename(number(n + 1), number(n));
            fs::rename(path_, rotated_);
            break;
        case Scheme::numbers:
            move_numbers();
            fs::rename(path_, rotated_);
            break;
        case Scheme::copies:
            move_numbers();
            fs::copy_file(path_, rotated_);
            fs::resize_file(path_, 0);
        }
        write(1);
    }

    /// An old file comes beside the log.
    void unpack() { std::ofstream(path_ + "-19990101", std::ios::trunc) << "line 0 of long ago\n"; }

    void jump() {
        for (const auto& one : fs::directory_iterator(folder_.path()))
            fs::last_write_time(one.path(), fs::file_time_type::clock::now() +
                                                std::chrono::hours(random_() % 2000) -
                                                std::chrono::hours(1000));
    }

  private:
    static constexpr std::size_t keep = 6;

    std::string number(std::size_t n) const { return path_ + "." + std::to_string(n); }

    void move_numbers() {
        for (std::size_t n = keep; n > 1; --n)
            if (fs::exists(number(n - 1))) fs::rename(number(n - 1), number(n));
    }

    void append(const std::string& path, std::size_t lines) {
        std::ofstream file(path, std::ios::app);
        for (std::size_t i = 0; i < lines; ++i)
            file << "line " << written_++ << std::string(random_() % 80, 'x') << '\n';
    }

    Scheme scheme_;
    std::minstd_rand& random_;
    cmw::test::TemporaryFolder folder_;
    std::string path_ = folder_ / "a.log";
    std::string rotated_;
    std::size_t written_ = 0;
};

/// Reads lines as a tail does: what was read is confirmed up to some line, and a file is left when all
/// of it is.
class Host {
  public:
    Host(Node& node, std::minstd_rand& random) : node_(node), random_(random) { start(); }

    /// Reads as long as there is something, or `steps` times.
    void read(std::size_t steps) {
        std::array<char, 64> buffer{};
        for (std::size_t i = 0; i < steps; ++i) {
            const auto got = reader_->read(buffer);
            REQUIRE(got);
            if (got->state == FileReader::State::nothing) {
                confirm();
                node_.unread_rotations = 0;
                return;
            }
            take({buffer.data(), got->size});
            if (got->state == FileReader::State::over) {
                confirm();
                REQUIRE(reader_->advance());
                save(random_() % 4 != 0);
                line_.clear();
            } else if (random_() % 4 == 0) {
                confirm();
            }
        }
    }
    void kill() {
        for (const auto line : unconfirmed_) ++may_come_again_[line];
        start();
    }
    void stop() {
        confirm();
        start();
    }
    void check() const {
        for (std::size_t line = 0; line < node_.written(); ++line) {
            CAPTURE(line);
            const auto again = may_come_again_.find(line);
            const auto found = came_.find(line);
            REQUIRE(found != came_.end());
            REQUIRE(found->second <= 1 + (again == may_come_again_.end() ? 0 : again->second));
        }
    }

  private:
    void start() {
        unconfirmed_.clear();
        line_.clear();
        const auto finished = decode_finished(list_);
        const auto cursor = decode_cursor(cursor_);
        reader_.emplace(node_.path(), cursor ? std::optional(cursor->cursor) : std::nullopt,
                        finished ? std::optional(finished->finished) : std::nullopt,
                        [](std::uint32_t, const std::string&) {});
    }
    void take(std::string_view bytes) {
        for (const char byte : bytes) {
            line_ += byte;
            if (byte != '\n') continue;
            REQUIRE(line_.starts_with("line "));
            const auto number = std::stoul(line_.substr(5));
            ++came_[number];
            unconfirmed_.push_back(number);
            line_.clear();
        }
    }
    void confirm() {
        if (reader_->file()) save(true);
        unconfirmed_.clear();
    }
    void save(bool cursor_too) {
        list_ = encode_finished(*reader_->finished(), ++turn_, CursorFile::list_size);
        if (cursor_too)
            cursor_ = encode_cursor(reader_->cursor_at(reader_->offset() - line_.size()), turn_);
    }

    Node& node_;
    std::minstd_rand& random_;
    std::optional<FileReader> reader_;
    std::string line_;
    std::string list_;
    std::string cursor_;
    std::uint64_t turn_ = 0;
    std::map<std::size_t, int> came_;
    std::map<std::size_t, int> may_come_again_;
    std::vector<std::size_t> unconfirmed_;
};

void simulate(Scheme scheme, unsigned seed) {
    CAPTURE(static_cast<int>(scheme));
    CAPTURE(seed);
    std::minstd_rand random(seed);
    Node node(scheme, random);
    Host host(node, random);
    host.read(1000);
    for (int step = 0; step < 60; ++step) {
        switch (random() % 8) {
        case 0:
            node.rotate();
            break;
        case 1:
            node.write_late(random() % 4);
            break;
        case 2:
            host.read(1 + random() % 20);
            break;
        case 3:
            host.read(1000);
            break;
        case 4:
            host.kill();
            break;
        case 5:
            host.stop();
            break;
        case 6:
            host.read(1000); // It is in the log.
            node.unpack();
            host.read(1000);
            break;
        default:
            node.write(random() % 6);
        }
        if (random() % 2 == 0) node.jump();
    }
    host.read(1000);
    node.rotate(); // What was written late is found then.
    node.jump();
    host.read(1000);
    host.check();
}

} // namespace

TEST_CASE("simulation: rotations while clocks jump, with stops and kills, lose no line") {
    for (const auto scheme : {Scheme::numbers, Scheme::numbers_up, Scheme::dates, Scheme::copies})
        for (unsigned seed = 1; seed <= 50; ++seed) simulate(scheme, seed);
}
