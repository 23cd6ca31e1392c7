// SPDX-License-Identifier: Apache-2.0
#include "log-backend/console/backend.hpp"

#include <array>
#include <cmw/testing.hpp>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <future>

using namespace cmw::console;
using namespace std::chrono_literals;

namespace {

struct Pipe {
    Pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
    ~Pipe() {
        for (const int fd : ends)
            if (fd >= 0) ::close(fd);
    }
    void close(std::size_t end) { ::close(std::exchange(ends[end], -1)); }
    std::array<int, 2> ends{-1, -1};
};

std::string read_all(int fd) {
    std::string all;
    std::array<char, 1000> buffer{};
    for (ssize_t got = 0; (got = ::read(fd, buffer.data(), buffer.size())) > 0;)
        all.append(buffer.data(), static_cast<std::size_t>(got));
    return all;
}

std::string line(Format format, std::string_view text, std::uint32_t level) {
    std::string out;
    append(out, {0, 7, cmw::to_str("cmix"), cmw::to_str(text), level, 0}, format);
    return out;
}

} // namespace

TEST_CASE("records are lines for people or for programs") {
    CHECK(line(Format::text, "hello", CMW_LEVEL_INFO) ==
          "1970-01-01T00:00:00.000Z INFO cmix: hello\n");
    CHECK(line(Format::coloured, "hello", CMW_LEVEL_ERROR) ==
          "1970-01-01T00:00:00.000Z \x1b[31mERROR\x1b[0m cmix: hello\n");
    CHECK(line(Format::json, "a\nb", CMW_LEVEL_DEBUG) ==
          "{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"DEBUG\",\"stream\":\"cmix\","
          "\"sequence\":7,\"text\":\"a\\nb\"}\n");
}

TEST_CASE("what is logged cannot steer a terminal") {
    CHECK(line(Format::text, "\x1b[2Jx\r\ty", CMW_LEVEL_INFO) ==
          "1970-01-01T00:00:00.000Z INFO cmix: \\x1b[2Jx\\x0d\ty\n");
}

TEST_CASE("more than a pipe holds goes through as it is read") {
    Pipe pipe;
    const cmw::testing::TestCall call;
    const std::string bytes(1'000'000, 'x');
    auto reader = std::async(std::launch::async, [&] { return read_all(pipe.ends[0]); });
    write_all(pipe.ends[1], bytes, call.handle());
    pipe.close(1);
    CHECK(reader.get() == bytes);
    CHECK((::fcntl(pipe.ends[0], F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("a pipe that nobody empties holds up no longer than until the call is cancelled") {
    Pipe pipe;
    cmw::testing::TestCall call;
    auto writer = std::async(std::launch::async, [&] {
        write_all(pipe.ends[1], std::string(1'000'000, 'x'), call.handle());
    });
    CHECK(writer.wait_for(50ms) == std::future_status::timeout);
    call.cancel();
    CHECK_THROWS_AS(writer.get(), cmw::Error);

    const cmw::testing::TestCall limited(20ms);
    CHECK_THROWS_AS(write_all(pipe.ends[1], "x", limited.handle()), cmw::Error);
}

TEST_CASE("a pipe without a reader is a failure, not a signal") {
    Pipe pipe;
    pipe.close(0);
    const cmw::testing::TestCall call;
    CHECK_THROWS_WITH_AS(write_all(pipe.ends[1], "x", call.handle()),
                         doctest::Contains("nobody reads"), cmw::Error);
}

TEST_CASE("a batch is written to the stream that was chosen, and counted") {
    const cmw::testing::TestHost host;
    const cmw::testing::TestCall call;
    Pipe pipe;
    const int kept = ::dup(STDERR_FILENO); // The test's, not the plugin's, business.
    ::dup2(pipe.ends[1], STDERR_FILENO);
    cmw::testing::TestBatch batch("a", {"one", "two"});
    {
        ConsoleBackend backend({"stderr", "auto"}, host.handle());
        auto records = batch.handle();
        backend.write(call.handle(), records);
    }
    ::dup2(kept, STDERR_FILENO);
    ::close(kept);
    pipe.close(1);
    const auto written = read_all(pipe.ends[0]);
    CHECK(batch.delivered == 2);
    CHECK(std::ranges::count(written, '\n') == 2);
    CHECK(written.starts_with("{\"time\":")); // No terminal: JSON.
}
