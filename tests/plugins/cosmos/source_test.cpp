// SPDX-License-Identifier: Apache-2.0
// The source on a node's folder and a fake RPC.
#include "consensus-source/cosmos/cosmos.hpp"
#include "fakes/cosmos/fake_node.hpp"
#include "shared/hex.hpp"
#include "support/temporary_folder.hpp"

#include <cmw/testing.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>

using namespace cmw::cosmos;
using namespace std::chrono_literals;
using cmw::fakes::FakeNode;
using cmw::test::TemporaryFolder;
using cmw::test::write_text;
using cmw::testing::TestCall;
using cmw::testing::TestVerdict;

namespace {

const std::string genesis(64, '1');
const std::string second(64, '2');
const std::string third(64, '3');

std::string info_of(const std::string& digest) {
    return R"({"binaries":{"any":"https://x.example/node?checksum=sha256:)" + digest + "\"}}";
}

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '"' ? std::string("\\\"") : std::string(1, c);
    return out;
}

std::string file_of(const std::string& name, std::uint64_t height, const std::string& info) {
    return R"({"name":")" + name + R"(","time":"0001-01-01T00:00:00Z","height":)" +
           std::to_string(height) + R"(,"info":")" + escaped(info) + "\"}";
}

/// A node's home, its RPC, and the source, which can be made anew as after a restart of the host.
struct Fixture {
    TemporaryFolder folder;
    FakeNode node;
    cmw::testing::TestHost host{folder / "state"};
    Settings settings{.home = folder / "home",
                      .rpc = node.url(),
                      .digest = "sha256:" + genesis,
                      .url = std::nullopt,
                      .every = 20ms,
                      .timeout = 5s};
    std::unique_ptr<Cosmos> source;
    const std::string path = folder / "home/data/upgrade-info.json";
    const std::string record = folder / "state/upgrade.json";
    TestVerdict last;

    Fixture() {
        std::filesystem::create_directories(folder / "home/data");
        std::filesystem::create_directories(folder / "state");
    }

    void restart() { source = std::make_unique<Cosmos>(settings, host.handle()); }

    /// One poll; `last` is what it told.
    TestVerdict& poll() {
        if (!source) restart();
        const TestCall call(30s);
        last.announced.clear();
        last.approved.clear();
        last.facts.clear();
        auto answer = last.handle();
        source->poll(call.handle(), answer);
        return last;
    }
    /// What is approved after some more polls, or as soon as it is `wanted`.
    std::string approved(const std::string& wanted = "") {
        for (int i = 0; i < (wanted.empty() ? 3 : 500); ++i)
            if (digest(poll()) == wanted) break;
        return digest(last);
    }
    static std::string digest(const TestVerdict& verdict) {
        const auto found = verdict.approved.find("node");
        return found == verdict.approved.end() ? "nothing" : found->second.substr(8);
    }
    void height(std::uint64_t height) {
        node.set([&](auto& state) { state.height = height; });
    }
    void manner(FakeNode::Manner manner) {
        node.set([&](auto& state) { state.manner = manner; });
    }
    void plan(const std::string& name, std::uint64_t height, const std::string& info) {
        node.set([&](auto& state) { state.plan = FakeNode::Plan{name, height, info}; });
    }
    /// As a node does it: in place. Its clock goes on from one write to the next.
    void write(const std::string& name, std::uint64_t height, const std::string& info) {
        write_text(path, file_of(name, height, info));
        const timespec times[]{{0, UTIME_OMIT}, {1'700'000'000, ++written}};
        ::utimensat(AT_FDCWD, path.c_str(), times, 0);
    }
    long written = 0;
};

} // namespace

TEST_CASE("an upgrade is announced while it is planned, and approved when the node halts for it") {
    Fixture f;
    f.height(50);
    CHECK(f.approved() == genesis);
    CHECK(f.last.standing == CMW_STANDING_RUN);
    CHECK(f.last.height == 50);
    CHECK(f.last.announced.empty());
    CHECK(f.last.facts.at("catching_up") == "false");
    CHECK(f.last.facts.at("network") == "test-1");
    CHECK(f.last.facts.count("problem") == 0);

    f.plan("v2", 100, info_of(second));
    CHECK(f.approved() == genesis);
    REQUIRE(f.last.announced.size() == 1);
    CHECK(f.last.announced[0].digest == "sha-256:" + second);
    CHECK(f.last.announced[0].height == 100);
    CHECK(f.last.announced[0].why == "upgrade v2 planned");
    CHECK(f.last.announced[0].locations == std::vector<std::string>{"https://x.example/node"});
    CHECK(f.last.facts.at("plan") == "v2");
    CHECK(f.last.facts.at("blocks_left") == "50");

    f.height(99); // There, and not halted yet: nothing is written.
    CHECK(f.approved() == genesis);
    f.write("v2", 100, info_of(second));
    CHECK(f.approved(second) == second);
    CHECK(f.last.locations.at("node") == std::vector<std::string>{"https://x.example/node"});
    CHECK(f.last.announced.empty());
    CHECK(f.last.facts.at("upgrade") == "v2");
    CHECK(f.last.facts.count("plan") == 0); // Although the node names it until its next block.

    // It is kept over everything that comes.
    f.node.set([](auto& state) { state.plan.reset(); });
    f.height(150);
    CHECK(f.approved() == second);
    std::filesystem::remove(f.path);
    CHECK(f.approved() == second);
    f.restart();
    CHECK(f.approved() == second);
    f.manner(FakeNode::Manner::Silent);
    f.restart();
    CHECK(f.approved() == second);
    f.settings.digest.reset();
    f.restart();
    CHECK(f.approved() == second);
}

TEST_CASE("a fresh install says what to do, and waits") {
    Fixture f;
    f.settings.digest.reset();
    std::filesystem::remove_all(f.settings.home); // Not even its folder is there.
    f.manner(FakeNode::Manner::Silent);
    CHECK(f.approved() == "nothing");
    CHECK(f.last.standing == CMW_STANDING_WAIT);
    CHECK(f.last.reason.find("digest = \"sha256:HEX\"") != std::string::npos);
    f.settings.digest = genesis; // As sha256sum prints it.
    f.restart();
    CHECK(f.approved() == genesis);
    CHECK(f.last.standing == CMW_STANDING_RUN);
    // The folder comes with the node.
    f.settings.rpc.reset();
    f.restart();
    CHECK(f.approved() == genesis);
    f.write("v2", 100, info_of(second));
    CHECK(f.approved(second) == second);
}

TEST_CASE("cosmos-sdk #19227: an upgrade that is added by hand is not made at once") {
    Fixture f;
    f.height(10);
    CHECK(f.approved() == genesis);
    f.write("v2", 100, info_of(second));
    CHECK(f.approved() == genesis);
    CHECK(f.last.announced.size() == 1);
}

TEST_CASE("cosmos-sdk #22167: restarts of node and host do not make an upgrade early") {
    Fixture f;
    f.height(10);
    f.plan("v2", 100, info_of(second));
    CHECK(f.approved() == genesis);
    f.write("v2", 100, info_of(second));
    CHECK(f.approved() == genesis);
    for (int i = 0; i < 3; ++i) {
        f.manner(FakeNode::Manner::Silent);
        f.restart();
        CHECK(f.approved() == genesis);
        f.manner(FakeNode::Manner::Well);
        f.restart();
        CHECK(f.approved() == genesis);
    }
    f.height(99);
    f.write("v2", 100, info_of(second));
    CHECK(f.approved(second) == second);
}

TEST_CASE("cosmos-sdk #22731, #23676: a node that halts before its RPC is up is upgraded") {
    Fixture f;
    f.manner(FakeNode::Manner::Silent);
    f.write("v2", 100, info_of(second)); // It halted before this host came.
    CHECK(f.approved() == genesis);
    CHECK(f.last.facts.at("problem").find("older than the 'digest' given") != std::string::npos);
    f.restart();
    CHECK(f.approved() == genesis);
    f.write("v2", 100, info_of(second)); // Started by the host, it halts again.
    CHECK(f.approved(second) == second);
}

TEST_CASE("cosmos-sdk #20464: an upgrade is seen although the node's status is in another form") {
    for (const auto manner : {FakeNode::Manner::Garbage, FakeNode::Manner::Failing,
                              FakeNode::Manner::Endless, FakeNode::Manner::Silent}) {
        CAPTURE(static_cast<int>(manner));
        Fixture f;
        f.manner(manner);
        CHECK(f.approved() == genesis);
        CHECK(f.last.facts.at("problem") != "");
        f.write("v2", 100, info_of(second));
        CHECK(f.approved() == genesis); // It could have been anybody.
        f.write("v2", 100, info_of(second));
        CHECK(f.approved(second) == second);
    }
    Fixture bare;
    bare.manner(FakeNode::Manner::Bare);
    bare.height(99);
    CHECK(bare.approved() == genesis);
    bare.write("v2", 100, info_of(second));
    CHECK(bare.approved(second) == second);
}

TEST_CASE(
    "cosmos-sdk #25861: an upgrade that came while the host was away is made when it is back") {
    Fixture f;
    f.height(50);
    f.plan("v2", 100, info_of(second));
    CHECK(f.approved() == genesis);
    f.source.reset();
    f.manner(FakeNode::Manner::Silent);
    f.write("v2", 100, info_of(second));
    f.restart();
    CHECK(f.digest(f.poll()) == second); // Before the old program is started once more.
}

TEST_CASE("cosmos-sdk #8964: a node that was killed while it wrote the file leads to nothing") {
    Fixture f;
    f.height(99);
    CHECK(f.approved() == genesis);
    const auto whole = file_of("v2", 100, info_of(second));
    write_text(f.path, whole.substr(0, whole.size() / 2));
    CHECK(f.approved() == genesis);
    CHECK(f.last.facts.at("problem").find("not whole JSON") != std::string::npos);
    f.write("v2", 100, info_of(second));
    CHECK(f.approved(second) == second);
}

TEST_CASE("an upgrade that others made is followed, one that was skipped is not") {
    for (const bool made : {true, false}) {
        CAPTURE(made);
        Fixture f;
        f.height(50);
        CHECK(f.approved() == genesis);
        f.source.reset();
        f.write("v2", 100, info_of(second));
        f.node.set([&](auto& state) {
            state.height = 200;
            if (made) state.applied["v2"] = 100;
        });
        f.restart();
        CHECK(f.approved() == (made ? second : genesis));
        if (!made) CHECK(f.last.facts.at("problem").find("did not make") != std::string::npos);
        f.manner(FakeNode::Manner::Refuse); // The application cannot be asked.
        CHECK(f.approved() == (made ? second : genesis));
    }
}

TEST_CASE("a plan without a usable checksum approves nothing and says what to do") {
    Fixture f;
    const std::string bare = R"({"binaries":{"any":"https://x.example/node"}})";
    f.height(50);
    f.plan("v2", 100, bare);
    CHECK(f.approved() == genesis);
    CHECK(f.last.announced.empty());
    CHECK(f.last.facts.at("problem").find("it names no checksum") != std::string::npos);
    f.height(99);
    f.write("v2", 100, bare);
    CHECK(f.approved("nothing") == "nothing");
    CHECK(f.last.standing == CMW_STANDING_RUN); // A pinned one may.
    CHECK(f.last.facts.at("problem").find("cmix-wrapper pin") != std::string::npos);
    f.restart();
    CHECK(f.approved() == "nothing");
    f.settings.digest = "sha256:" + second; // As good as a pin.
    f.restart();
    CHECK(f.approved() == second);
    f.height(150);
    CHECK(f.approved() == second);
    CHECK(f.last.facts.count("problem") == 0);
}

TEST_CASE(
    "what the plan names by a URL is fetched, checked, and asked for again until it is there") {
    Fixture f;
    const auto document = info_of(second);
    unsigned char digest[32];
    REQUIRE(EVP_Digest(document.data(), document.size(), digest, nullptr, EVP_sha256(), nullptr) ==
            1);
    const auto url = f.node.url("/info.json?checksum=sha256:") + cmw::shared::to_hex(digest);
    f.height(99);
    CHECK(f.approved() == genesis);
    f.node.set([](auto& state) { state.document = info_of(third); }); // Forged.
    f.write("v2", 100, url);
    CHECK(f.approved() == genesis);
    CHECK(f.last.facts.at("problem").find("has not the plan's checksum") != std::string::npos);
    std::filesystem::remove(f.path); // It is due nonetheless.
    f.restart();
    f.node.set([&](auto& state) { state.document = document; });
    CHECK(f.approved(second) == second);

    f.write("v3", 200, f.node.url("/info.json"));
    f.height(199);
    CHECK(f.approved("nothing") == "nothing");
    CHECK(f.last.facts.at("problem").find("no checksum") != std::string::npos);
}

TEST_CASE("batches, and files under other names, are Cosmovisor's own") {
    Fixture f;
    f.settings.rpc.reset();
    write_text(f.path + ".batch", "[" + file_of("v2", 100, info_of(second)) + "]");
    CHECK(f.approved(genesis) == genesis);
    TestVerdict none;
    const TestCall call(50ms);
    auto answer = none.handle();
    write_text(f.path + ".batch", "[]");
    CHECK_THROWS_AS(f.source->poll(call.handle(), answer), cmw::Error);
    write_text(f.path, "[" + file_of("v2", 100, info_of(second)) + "]");
    CHECK(f.digest(f.poll()) == genesis);
}

TEST_CASE("links on the way to the file are followed") {
    Fixture f;
    f.settings.rpc.reset();
    std::filesystem::remove_all(f.folder / "home/data");
    std::filesystem::create_directories(f.folder / "disk");
    std::filesystem::create_directory_symlink(f.folder / "disk", f.folder / "home/data");
    CHECK(f.approved(genesis) == genesis);
    f.write("v2", 100, info_of(second));
    CHECK(f.approved(second) == second);
    // The data moves to another disk.
    std::filesystem::create_directories(f.folder / "other");
    std::filesystem::create_directory_symlink(f.folder / "other", f.folder / "next");
    std::filesystem::rename(f.folder / "next", f.folder / "home/data");
    CHECK(f.digest(f.poll()) == second);
    f.write("v3", 200, info_of(third));
    CHECK(f.approved(third) == third);
}

TEST_CASE("a folder that goes away and comes back is watched again") {
    Fixture f;
    f.settings.rpc.reset();
    CHECK(f.approved(genesis) == genesis);
    std::filesystem::remove_all(f.folder / "home/data");
    CHECK(f.digest(f.poll()) == genesis);
    f.write("v2", 100, info_of(second));
    CHECK(f.approved(second) == second);
}

TEST_CASE("a record that cannot be read is never begun anew by itself") {
    Fixture f;
    CHECK(f.approved(genesis) == genesis);
    write_text(f.record, "{\"version\":1");
    f.restart();
    try {
        f.poll();
        FAIL("it was taken");
    } catch (const cmw::Error& e) {
        CHECK(std::string(e.what()).starts_with("cannot use " + f.record));
    }
    std::filesystem::remove(f.record);
    f.restart();
    CHECK(f.approved(genesis) == genesis);
    struct stat status {};
    REQUIRE(::stat(f.record.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("what cannot be kept is not told") {
    Fixture f;
    std::filesystem::remove(f.folder / "state");
    CHECK_THROWS(f.poll());
    CHECK(f.last.approved.empty());
}

TEST_CASE("a node that never answers does not keep a call, nor does one that is cancelled") {
    Fixture f;
    f.manner(FakeNode::Manner::Stall);
    f.settings.timeout = 50ms;
    CHECK(f.approved(genesis) == genesis);
    f.settings.timeout = 60s;
    f.restart();
    TestCall call;
    TestVerdict none;
    auto answer = none.handle();
    const auto before = f.node.asked();
    std::thread canceller([&] {
        while (f.node.asked() == before) std::this_thread::yield();
        call.cancel();
    });
    CHECK_THROWS_AS(f.source->poll(call.handle(), answer), cmw::Error);
    canceller.join();
}

TEST_CASE("options that make no sense are refused") {
    const auto refused = [](Settings settings) {
        try {
            Cosmos::check(settings);
            return false;
        } catch (const cmw::Error& e) {
            return e.status() == CMW_CONFIG;
        }
    };
    Settings good{
        .home = "/x", .rpc = "tcp://localhost:26657", .digest = genesis, .url = "https://x"};
    CHECK_FALSE(refused(good));
    auto bad = good;
    bad.rpc = "localhost";
    CHECK(refused(bad));
    bad = good;
    bad.digest = "sha256:12";
    CHECK(refused(bad));
    bad = good;
    bad.target = "";
    CHECK(refused(bad));
    bad = good;
    bad.digest.reset();
    CHECK(refused(bad));
}
