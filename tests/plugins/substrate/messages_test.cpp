// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/chain_answers.hpp"
#include "consensus-source/substrate/endpoint.hpp"
#include "consensus-source/substrate/storage.hpp"
#include "shared/json_rpc.hpp"

#include <cmw/error.hpp>

#include <doctest/doctest.h>

#include <Poco/JSON/Parser.h>

using namespace cmw::substrate;
namespace json_rpc = cmw::shared::json_rpc;
using Kind = json_rpc::Message::Kind;

namespace {

Poco::Dynamic::Var json(const std::string& text) {
    return Poco::JSON::Parser().parse(text);
}

const std::string hash = "0x" + std::string(64, 'a');

std::string header(const std::string& number) {
    return R"({"number":)" + number + R"(,"parentHash":")" + hash + R"(","stateRoot":")" + hash +
           R"(","extrinsicsRoot":")" + hash + R"(","digest":{"logs":[]}})";
}

} // namespace

TEST_CASE("requests are JSON-RPC 2.0") {
    CHECK(json_rpc::request(7, "state_getStorage", {std::string("0x01"), 5}) ==
          R"({"jsonrpc":"2.0","id":7,"method":"state_getStorage","params":["0x01",5]})");
    CHECK(json_rpc::request(8, "m", {}) == R"({"jsonrpc":"2.0","id":8,"method":"m","params":[]})");
}

TEST_CASE("answers, errors and notifications are told apart, alone and in batches") {
    const auto one = json_rpc::parse(R"({"jsonrpc":"2.0","id":3,"result":"0x12"})");
    REQUIRE(one.size() == 1);
    CHECK(one[0].kind == Kind::Result);
    CHECK(one[0].id == 3);
    CHECK(one[0].value.extract<std::string>() == "0x12");

    const auto batch = json_rpc::parse(
        R"([{"id":2,"error":{"code":-32601,"message":"Method\nnot found"}},{"id":1,"result":null},
            {"method":"chain_finalizedHead","params":{"subscription":"xyz","result":{"n":1}}},
            {"method":"other","params":{"subscription":12,"result":true}}])");
    REQUIRE(batch.size() == 4);
    CHECK(batch[0].kind == Kind::Error);
    CHECK(batch[0].code == json_rpc::method_not_found);
    CHECK(batch[0].text == "Method not found");
    CHECK(batch[1].kind == Kind::Result);
    CHECK(batch[1].value.isEmpty());
    CHECK(batch[2].kind == Kind::Notification);
    CHECK(batch[2].subscription == "xyz");
    CHECK(batch[3].subscription == "12");
}

TEST_CASE("what is no message of ours is left out, and what is none at all refused") {
    for (const char* ignored :
         {R"({"id":"text","result":1})", R"({"id":-1,"result":1})", R"({"id":1.5,"result":1})",
          R"({"id":null,"result":1})", R"({"method":"x"})", R"({"method":"x","params":[1]})",
          R"({"method":"x","params":{"result":1}})", "[]"}) {
        CAPTURE(ignored);
        CHECK(json_rpc::parse(ignored).empty());
    }
    for (const char* refused :
         {"", "x", "1", "\"text\"", "{", "[1]", "{}", R"({"id":1})", R"({"id":1,"error":"x"})",
          R"({"id":null,"error":{"code":-32700,"message":"Parse error"}})"}) {
        CAPTURE(refused);
        CHECK_THROWS_AS(json_rpc::parse(refused), cmw::Error);
    }
    CHECK_THROWS_AS(json_rpc::parse(std::string(5000, '[')), cmw::Error);
}

TEST_CASE("a peer's words are cut to one short line") {
    CHECK(json_rpc::quote("a\nb\tc") == "a b c");
    CHECK(json_rpc::quote(std::string(500, 'x')).size() == 200);
    const auto cut = json_rpc::quote(std::string(199, 'x') + "\xc3\xa4\xc3\xa4");
    CHECK(cut == std::string(199, 'x'));
}

TEST_CASE("headers are read as nodes write them") {
    CHECK(parse_head(json(header(R"("0x1f")"))).number == 31);
    CHECK(parse_head(json(header(R"("0x00000001")"))).number == 1);
    CHECK(parse_head(json(header("7"))).number == 7);
    CHECK(parse_head(json(header("7"))).parent == hash);
    for (const char* number : {R"("31")", R"("0x")", R"("0xzz")", "-1", "null", "true", "1.5",
                               R"("0x10000000000000000")"}) {
        CAPTURE(number);
        CHECK_THROWS_AS(parse_head(json(header(number))), cmw::Error);
    }
    CHECK_THROWS_AS(parse_head(json("[]")), cmw::Error);
    CHECK_THROWS_AS(parse_head(json(R"({"number":"0x1"})")), cmw::Error);
    CHECK_THROWS_AS(parse_head(Poco::Dynamic::Var()), cmw::Error);
    CHECK_THROWS_AS(parse_hash(std::string("0x12"), "it"), cmw::Error);
    CHECK(parse_subscription(std::string("x1")) == "x1");
    CHECK(parse_subscription(12) == "12");
    CHECK_THROWS_AS(parse_subscription(json("{}")), cmw::Error);
    CHECK_THROWS_AS(parse_subscription(Poco::Dynamic::Var()), cmw::Error);
    CHECK(parse_hash("0x" + std::string(64, 'A'), "it") == hash);
}

TEST_CASE("runtime versions and the state of syncing are read") {
    const auto version = parse_runtime_version(json(R"({"specName":"xx","specVersion":200})"));
    CHECK(version == RuntimeVersion{"xx", 200});
    CHECK_THROWS_AS(parse_runtime_version(json(R"({"specName":1,"specVersion":200})")), cmw::Error);
    CHECK_THROWS_AS(parse_runtime_version(json(R"({"specName":"xx"})")), cmw::Error);

    const auto sync =
        parse_sync_state(json(R"({"startingBlock":0,"currentBlock":"0x10","highestBlock":20})"));
    CHECK(sync.current == 16);
    CHECK(sync.highest == 20);
    CHECK(parse_sync_state(json(R"({"currentBlock":5,"highestBlock":null})")).highest == 5);
    CHECK(parse_sync_state(json(R"({"currentBlock":5})")).highest == 5);
    CHECK_THROWS_AS(parse_sync_state(json("{}")), cmw::Error);
    CHECK(parse_health(json(R"({"isSyncing":true,"peers":3})")).syncing);
    CHECK_THROWS_AS(parse_health(json(R"({"isSyncing":1})")), cmw::Error);
}

TEST_CASE("a block on its way is no lag, and a burst of blocks takes nobody out") {
    struct Row {
        SyncState state;
        bool was_synced;
        bool expected;
    };
    const std::vector<Row> table{
        {{false, 100, 100}, false, true},  {{false, 100, 101}, false, true},
        {{false, 100, 102}, false, false}, {{false, 100, 105}, true, true},
        {{false, 100, 106}, true, false},  {{false, 100, 90}, false, true},
        {{true, 0, 0}, true, false},       {{false, 0, 0}, false, true},
    };
    for (const auto& row : table) {
        CAPTURE(row.state.current);
        CAPTURE(row.state.highest);
        CHECK(is_synced(row.state, row.was_synced) == row.expected);
    }
}

TEST_CASE("endpoints are WebSocket URLs, shown without what may be secret") {
    const auto local = parse_endpoint("ws://localhost:63007");
    CHECK_FALSE(local.secure);
    CHECK(local.host == "localhost");
    CHECK(local.port == 63007);
    CHECK(local.resource == "/");
    CHECK(local.name() == "ws://localhost:63007");
    const auto hosted = parse_endpoint("wss://user:secret@rpc.example/v1/KEY?token=x");
    CHECK(hosted.secure);
    CHECK(hosted.port == 443);
    CHECK(hosted.resource == "/v1/KEY?token=x");
    CHECK(hosted.name() == "wss://rpc.example:443");
    CHECK(parse_endpoint("ws://[::1]:9944").name() == "ws://[::1]:9944");
    for (const char* wrong : {"", "localhost:63007", "http://localhost", "ws://", "ws://:80"}) {
        CAPTURE(wrong);
        CHECK_THROWS_AS(parse_endpoint(wrong), cmw::Error);
    }
}

TEST_CASE("values come with their keys, all that were asked for, of the right block") {
    const auto values = [&](const std::string& changes) {
        return parse_values(json(R"([{"block":")" + hash + R"(","changes":)" + changes + "}]"),
                            {"0x01", "0x02"}, hash);
    };
    const auto found = values(R"([["0x01","0x1234"],["0x02",null]])");
    CHECK(found.at("0x01") == std::vector<std::uint8_t>{0x12, 0x34});
    CHECK(found.at("0x02") == std::nullopt);
    CHECK(values(R"([["0x02","0x"],["0x01","0x00"],["0x03","0x"]])").at("0x02")->empty());
    for (const char* changes :
         {"[]", "{}", "null", R"([["0x01","0x12"]])", R"([["0x01","12"],["0x02",null]])",
          R"([["0x01","0x1"],["0x02",null]])", R"([["0x01",7],["0x02",null]])",
          R"(["0x01","0x02"])", R"([["0x01"],["0x02"]])", R"([[1,"0x12"],["0x02",null]])"}) {
        CAPTURE(changes);
        CHECK_THROWS_AS(values(changes), cmw::Error);
    }
    CHECK_THROWS_AS(parse_values(json("[]"), {"0x01"}, hash), cmw::Error);
    CHECK_THROWS_AS(parse_values(json("{}"), {}, hash), cmw::Error);
    CHECK_THROWS_AS(parse_values(json(R"([{"block":"0x12","changes":[]}])"), {}, hash), cmw::Error);
    CHECK_THROWS_AS(
        parse_values(json(R"([{"block":"0x)" + std::string(64, 'b') + R"(","changes":[]}])"), {},
                     hash),
        cmw::Error);
    CHECK_THROWS_AS(parse_values(json("[1]"), {}, hash), cmw::Error);
}
