// SPDX-License-Identifier: Apache-2.0
//
// Where systemd cannot be reached, or does not answer. With a real one: tests/real/systemd-runner.
#include "runner.hpp"

#include "support/temporary_folder.hpp"

#include <cmw/testing.hpp>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>

using cmw::systemd::Runner;
using cmw::test::TemporaryFolder;
using cmw::testing::TestCall;
using cmw::testing::TestHost;
using namespace std::chrono_literals;

namespace {

/// A bus that takes connections and says nothing.
struct SilentBus {
    explicit SilentBus(const std::string& path)
        : socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        REQUIRE(path.size() < sizeof address.sun_path);
        path.copy(address.sun_path, path.size());
        REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(socket.get(), 8) == 0);
    }
    cmw::shared::UniqueFd socket;
};

struct Failure {
    cmw_status status = CMW_OK;
    std::string text;
};

Failure adopt(const std::string& address, const TestCall& call) {
    const TemporaryFolder folder;
    const TestHost host(folder.path());
    Runner runner({"system", address, "test"}, host.handle());
    cmw_process process{sizeof(cmw_process), -1, 0, 0};
    try {
        runner.adopt(call.handle(), "node", process);
    } catch (const cmw::Error& error) {
        return {error.status(), error.what()};
    }
    return {};
}

} // namespace

TEST_CASE("without a bus the error says where it was looked for") {
    const TemporaryFolder folder;
    const TestCall call;
    const auto failure = adopt("unix:path=" + folder / "no-bus", call);
    CHECK(failure.status == CMW_AGAIN);
    CHECK(failure.text.find("cannot reach systemd over D-Bus at unix:path=") == 0);
    CHECK(failure.text.find("no-bus") != std::string::npos);
}

TEST_CASE("an address that is none is a fault of the configuration") {
    const TestCall call;
    CHECK(adopt("unix:nonsense=1", call).status == CMW_CONFIG);
}

TEST_CASE("a bus that is silent is left at the deadline") {
    const TemporaryFolder folder;
    const SilentBus bus(folder / "bus");
    const TestCall call(50ms);
    CHECK(adopt("unix:path=" + folder / "bus", call).status == CMW_CANCELLED);
}

TEST_CASE("and when the call is cancelled") {
    const TemporaryFolder folder;
    const SilentBus bus(folder / "bus");
    TestCall call;
    call.cancel();
    CHECK(adopt("unix:path=" + folder / "bus", call).status == CMW_CANCELLED);
}

TEST_CASE("ids of nobody are told from those that ended") {
    const TestHost host;
    Runner runner({}, host.handle());
    CHECK_THROWS_AS(runner.outcome(1), cmw::Error);
    runner.release(1);
}
