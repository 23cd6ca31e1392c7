// SPDX-License-Identifier: Apache-2.0
//
// Following finality against a node that may lie, and what is kept of it.
#include "consensus-source/substrate/verified_read.hpp"

#include "consensus-source/substrate/storage_key.hpp"
#include "fakes/chain/provable_chain.hpp"
#include "fakes/chain/websocket_server.hpp"
#include "support/temporary_folder.hpp"
#include "vectors.hpp"

#include <cmw/testing.hpp>

#include <doctest/doctest.h>

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace cmw::substrate;
using namespace std::chrono_literals;
using cmw::fakes::Lie;
using cmw::fakes::ProvableChain;
using cmw::fakes::WebSocketServer;
using cmw::test::Vectors;
using cmw::testing::TestCall;
using cmw::testing::TestHost;
using Blob = std::vector<std::uint8_t>;

namespace {

/// A node that knows how to prove, and little else.
class Node {
  public:
    Node() : server([this](auto& peer, const auto& text) { take(peer, text); }, [] {}) {
        const std::lock_guard lock(server.lock());
        for (int i = 0; i < 3; ++i) chain.add({});
    }

    /// Do something to the chain.
    template <class Change>
    void with(Change change) {
        const std::lock_guard lock(server.lock());
        change(chain);
    }
    void lie(Lie lie) {
        with([&](ProvableChain& its) { its.lie = lie; });
    }
    void grow(std::size_t blocks) {
        with([&](ProvableChain& its) {
            for (; blocks > 0; --blocks) its.add({});
        });
    }
    void change_authorities() {
        with([](ProvableChain& its) {
            its.change_authorities();
            its.add({});
        });
    }
    std::size_t newest() {
        const std::lock_guard lock(server.lock());
        return chain.size() - 1;
    }
    std::string hash(std::size_t number) {
        const std::lock_guard lock(server.lock());
        return chain.hash(number);
    }
    unsigned requests() {
        const std::lock_guard lock(server.lock());
        return std::exchange(asked, 0);
    }

    ProvableChain chain;
    unsigned asked = 0;
    WebSocketServer server;

  private:
    void take(WebSocketServer::Peer& peer, const std::string& text) {
        const auto request = Poco::JSON::Parser().parse(text).extract<Poco::JSON::Object::Ptr>();
        ++asked;
        Poco::JSON::Object answer;
        answer.set("jsonrpc", "2.0");
        answer.set("id", request->get("id"));
        const auto result = chain.answer(request->getValue<std::string>("method"),
                                         *request->getArray("params"), chain.size() - 1);
        answer.set("result", result ? *result : Poco::Dynamic::Var());
        std::ostringstream written;
        answer.stringify(written);
        server.send_text(peer, written.str());
    }
};

struct Reader {
    explicit Reader(Node& given, std::size_t block = 0) : node(given) { begin_at(block); }

    void begin_at(std::size_t block) {
        std::ranges::copy(cmw::shared::from_hex(node.hash(block)).value(), checkpoint.begin());
        renew();
    }
    void renew() { verified = std::make_unique<VerifiedChain>(checkpoint, host.handle()); }
    cmw_status prove(std::size_t number) {
        const TestCall call(60s);
        RpcClient rpc(call.handle(),
                      parse_endpoint("ws://127.0.0.1:" + std::to_string(node.server.port())), 10s,
                      30s);
        try {
            header = verified->prove(call.handle(), rpc, number);
            verified->keep(number);
            return CMW_OK;
        } catch (const cmw::Error& e) {
            text = e.what();
            return e.status();
        }
    }

    Node& node;
    cmw::test::TemporaryFolder folder;
    TestHost host{folder.path()};
    Hash checkpoint{};
    std::unique_ptr<VerifiedChain> verified;
    Header header;
    std::string text;
};

std::string file(const Reader& reader) {
    return reader.folder / "authorities";
}

} // namespace

TEST_CASE("a block is proven from the checkpoint on, also by a later justification") {
    for (const bool pallet : {false, true}) {
        for (const bool ahead : {false, true}) {
            Node node;
            node.with([&](ProvableChain& chain) {
                chain.pallet_list = pallet;
                chain.looks_ahead = ahead;
                chain.add({});
            });
            Reader reader(node, 3);
            CHECK(reader.prove(3) == CMW_OK);
            node.grow(5);
            REQUIRE(reader.prove(5) == CMW_OK);
            CHECK("0x" + cmw::shared::to_hex(reader.header.hash) == node.hash(5));
            CHECK(reader.header.number == 5);
            CHECK(reader.verified->set() == 0);
            node.requests();
            REQUIRE(reader.prove(6) == CMW_OK);
            CHECK(node.requests() == 2);
            CHECK(reader.prove(6) == CMW_OK); // Another endpoint may tell of the same block.
            CHECK(reader.prove(5) == CMW_AGAIN);
            CHECK(reader.prove(60) == CMW_AGAIN);
        }
    }
}

TEST_CASE("authorities are followed over many changes, and not without their votes") {
    Node node;
    Reader reader(node);
    REQUIRE(reader.prove(2) == CMW_OK);
    for (int i = 0; i < 9; ++i) {
        node.change_authorities();
        node.grow(3);
    }
    REQUIRE(reader.prove(node.newest()) == CMW_OK);
    CHECK(reader.verified->set() == 9);
    // The block that announces them is made final by those before.
    node.change_authorities();
    REQUIRE(reader.prove(node.newest()) == CMW_OK);
    CHECK(reader.verified->set() == 10);
    CHECK(reader.prove(node.newest()) == CMW_OK);
    node.grow(1);
    REQUIRE(reader.prove(node.newest()) == CMW_OK);
    CHECK(reader.verified->set() == 10);
    CHECK(reader.prove(node.newest() - 2) == CMW_AGAIN);
    // From a checkpoint in the midst of it.
    Reader late(node, 20);
    REQUIRE(late.prove(node.newest()) == CMW_OK);
    CHECK(late.verified->set() == 10);
}

TEST_CASE("each way to lie about finality is noticed, and the truth goes on after it") {
    const std::vector<Lie> table{Lie::FewSignatures, Lie::WrongSet,   Lie::Stranger,
                                 Lie::DoubleVotes,   Lie::OldBlock,   Lie::MissingHeader,
                                 Lie::ForgedHeader,  Lie::OtherBlock, Lie::Garbage};
    for (const auto lie : table) {
        CAPTURE(static_cast<int>(lie));
        for (const bool changed : {false, true}) {
            Node node;
            Reader reader(node);
            REQUIRE(reader.prove(2) == CMW_OK);
            node.grow(4);
            if (changed) node.change_authorities();
            node.grow(4);
            // With headers between the block and the justified one.
            node.lie(lie);
            const auto status = reader.prove(node.newest() - 2);
            CHECK((status == CMW_INVALID || (lie == Lie::OldBlock && status == CMW_AGAIN)));
            CHECK(reader.text.starts_with("cannot "));
            node.lie(Lie::None);
            CHECK(reader.prove(node.newest() - 2) == CMW_OK);
            CHECK(reader.verified->set() == (changed ? 1 : 0));
        }
    }
}

TEST_CASE("a chain of other authorities is not believed, however well it is made") {
    Node node;
    Reader reader(node);
    REQUIRE(reader.prove(2) == CMW_OK);
    // The liar's own chain has the same beginning, and a set that nobody made final.
    node.with([](ProvableChain& chain) {
        chain.lie = Lie::Stranger;
        chain.change_authorities();
        chain.add({});
        for (int i = 0; i < 5; ++i) chain.add({});
    });
    CHECK(reader.prove(6) == CMW_INVALID);
    CHECK(reader.verified->set() == 0);
}

TEST_CASE("the checkpoint must be there, be the one it is, and not amid a change") {
    Node node;
    Reader reader(node);
    reader.checkpoint.fill(1);
    reader.renew();
    CHECK(reader.prove(2) == CMW_NOT_FOUND);
    for (const auto lie : {Lie::ForgedHeader, Lie::WrongValue, Lie::MissingNode, Lie::Garbage}) {
        Reader misled(node);
        node.lie(lie);
        CHECK(misled.prove(2) == CMW_INVALID);
        CHECK(!std::filesystem::exists(file(misled)));
        node.lie(Lie::None);
        CHECK(misled.prove(2) == CMW_OK);
    }
    Node amid;
    amid.with([](ProvableChain& chain) {
        chain.add({{storage_key("Grandpa", "PendingChange"), Blob{1}}});
    });
    CHECK(Reader(amid, 3).prove(3) == CMW_CONFIG);
}

TEST_CASE("changes by force or with a delay are not followed") {
    for (const bool forced : {false, true}) {
        Node node;
        Reader reader(node);
        REQUIRE(reader.prove(2) == CMW_OK);
        node.with([&](ProvableChain& chain) {
            chain.change_authorities(forced ? 0 : 2, forced);
            for (int i = 0; i < 4; ++i) chain.add({});
        });
        CHECK(reader.prove(node.newest()) == CMW_CONFIG);
        CHECK(reader.text.find("name a checkpoint after it") != std::string::npos);
        // The operator's word helps.
        reader.begin_at(4);
        CHECK(reader.prove(node.newest()) == CMW_OK);
    }
}

TEST_CASE("what is proven is kept over a restart, and not gone back behind") {
    Node node;
    Reader reader(node);
    node.change_authorities();
    node.grow(1);
    REQUIRE(reader.prove(node.newest()) == CMW_OK);
    node.grow(150);
    REQUIRE(reader.prove(node.newest()) == CMW_OK);
    const auto kept = load_authority_state(file(reader));
    REQUIRE(kept);
    CHECK(kept->set.id == 1);
    CHECK(kept->since == 3);
    CHECK(kept->read == node.newest());
    reader.renew();
    node.requests();
    CHECK(reader.prove(node.newest() - 1) == CMW_AGAIN);
    CHECK(node.requests() == 0);
    CHECK(reader.prove(node.newest()) == CMW_OK);
    // A set that comes while the host is off is found with one question and its block's header.
    node.change_authorities();
    node.grow(2);
    reader.renew();
    node.requests();
    CHECK(reader.prove(node.newest()) == CMW_OK);
    CHECK(reader.verified->set() == 2);
    CHECK(node.requests() == 5);
    // Another checkpoint begins anew; a file that is damaged, too, with a word.
    reader.begin_at(10);
    CHECK(reader.prove(11) == CMW_OK);
    CHECK(reader.host.lines().empty());
    std::ofstream(file(reader), std::ios::app) << "read 1\n";
    reader.renew();
    CHECK(reader.prove(10) == CMW_OK);
    REQUIRE(reader.host.lines().size() == 1);
    CHECK(reader.host.lines()[0].find("beginning at the checkpoint") != std::string::npos);
}

TEST_CASE("a state folder that cannot be written is a warning") {
    Node node;
    Reader reader(node);
    std::filesystem::remove_all(reader.folder.path());
    CHECK(reader.prove(2) == CMW_OK);
    REQUIRE(reader.host.lines().size() == 1);
    CHECK(reader.host.lines()[0].find("cannot make " + file(reader) + ".new") != std::string::npos);
}

TEST_CASE("the state as a file: read as written, and not with a character changed") {
    const cmw::fakes::FakeAuthorities all(3);
    const AuthorityState state{.checkpoint = blake2b_256(Blob{1}),
                               .set = all.set(7, 3),
                               .since = 12,
                               .since_hash = blake2b_256(Blob{2}),
                               .read = 34};
    const auto text = to_text(state);
    CHECK(parse_authority_state(text) == state);
    std::size_t accepted = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        auto changed = text;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        try {
            parse_authority_state(changed);
            ++accepted;
        } catch (const cmw::Error& e) {
            CHECK(e.status() == CMW_INVALID);
        }
        try {
            parse_authority_state(text.substr(0, at));
            ++accepted;
        } catch (const cmw::Error&) {
        }
    }
    CHECK(accepted == 0);
}

TEST_CASE("the genesis of the xx network can be a checkpoint") {
    const Vectors vectors("xx-network-genesis.txt");
    const auto set = read_authority_set(TrieProof(vectors.all("node")), vectors.hash("state-root"));
    CHECK(set.id == 0);
    CHECK(set.authorities.size() == vectors.blob("authorities").size() / 40);
    CHECK(set.authorities.at(0).weight == 1);
}
