// SPDX-License-Identifier: Apache-2.0
// What a node and a plan say, read.
#include "consensus-source/cosmos/binary.hpp"
#include "consensus-source/cosmos/node_rpc.hpp"
#include "consensus-source/cosmos/plan.hpp"
#include "consensus-source/cosmos/record.hpp"
#include "fakes/cosmos/fake_node.hpp"

#include <doctest/doctest.h>

using namespace cmw::cosmos;

namespace {

const std::string a(64, 'a');
const std::string b(128, 'b');

/// What the reading says is wrong; "" if nothing is.
template <class Read>
std::string refusal(Read read) {
    try {
        (void)read();
        return "";
    } catch (const cmw::Error& e) {
        CHECK(e.status() == CMW_INVALID);
        return e.what();
    }
}

} // namespace

TEST_CASE("upgrade-info.json is read as nodes write it") {
    const auto plan = parse_upgrade_info(
        R"({"name":"v2","time":"0001-01-01T00:00:00Z","height":123,"info":"{\"binaries\":{}}"})");
    CHECK(plan == Plan{"v2", 123, "{\"binaries\":{}}"});
    CHECK(parse_upgrade_info(R"({"name": "v3", "height": "9007199254740993"})").height ==
          9007199254740993ULL);
    CHECK(parse_upgrade_info(R"({"name":"v2","height":5})") == Plan{"v2", 5, ""});
}

TEST_CASE("what is no upgrade is refused") {
    for (const std::string& text :
         {std::string(), std::string("null"), std::string("x"), std::string("{}"),
          std::string(R"([{"name":"v2","height":5}])"), // A batch, which is Cosmovisor's own.
          std::string(R"({"name":"v2"})"), std::string(R"({"height":5})"),
          std::string(R"({"name":"","height":5})"), std::string(R"({"name":"v2","height":0})"),
          std::string(R"({"name":"v2","height":-5})"), std::string(R"({"name":"v2","height":1.5})"),
          std::string(R"({"name":"v2","height":true})"),
          std::string(R"({"name":"v2","height":"12x"})"),
          std::string(R"({"name":"v2","height":99999999999999999999})"),
          std::string(R"({"name":"v2","height":"18446744073709551615"})"),
          "{\"name\":\"" + std::string(141, 'n') + "\",\"height\":5}"}) {
        CAPTURE(text);
        CHECK(refusal([&] { return parse_upgrade_info(text); }) != "");
    }
}

TEST_CASE("cosmos-sdk #9384: a file that is half written says nothing") {
    const std::string whole = R"({"name":"v2","height":123,"info":"{\"binaries\":{}}"})";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        CHECK(refusal([&] { return parse_upgrade_info(whole.substr(0, size)); }) != "");
    }
}

TEST_CASE("a planned upgrade is read from protobuf") {
    // By hand: plan { name: "v2" time {} height: 300 info: "x" }
    const std::string bytes("\x0a\x0c\x0a\x02v2\x12\x00\x18\xac\x02\x22\x01x", 14);
    CHECK(parse_current_plan(bytes) == Plan{"v2", 300, "x"});
    CHECK(parse_current_plan("") == std::nullopt);
    const auto message =
        cmw::fakes::current_plan_message({"v3", 1ULL << 40, std::string(300, 'i')});
    CHECK(parse_current_plan(message) == Plan{"v3", 1ULL << 40, std::string(300, 'i')});
    for (std::size_t size = 1; size < message.size(); ++size) {
        CAPTURE(size);
        CHECK(refusal([&] { return parse_current_plan(message.substr(0, size)); }) != "");
    }
    CHECK(refusal([&] { return parse_current_plan(std::string("\x0a\x00", 2)); }) != "");
    CHECK(refusal([&] { return parse_current_plan("\x0b"); }) != "");                  // A group.
    CHECK(refusal([&] { return parse_current_plan(std::string(12, '\xff')); }) != ""); // Too long.
    CHECK(refusal([&] { return parse_current_plan(std::string("\x00\x01", 2)); }) != "");
}

TEST_CASE("an upgrade that was made is asked for by name") {
    CHECK(applied_plan_request("v2") == std::string("\x0a\x02v2"));
    CHECK(applied_plan_request(std::string(140, 'n')).substr(0, 3) == "\x0a\x8c\x01");
    CHECK(parse_applied_plan("") == 0);
    CHECK(parse_applied_plan("\x08\xac\x02") == 300);
    CHECK(refusal([] { return parse_applied_plan("\x08"); }) != "");
}

TEST_CASE("a node's status is read, with JSON-RPC's envelope and without") {
    const std::string result =
        R"({"node_info":{"network":"hub-4"},"sync_info":{"latest_block_height":"41","catching_up":true}})";
    const NodeStatus expected{41, true, "hub-4"};
    CHECK(parse_status(R"({"jsonrpc":"2.0","id":-1,"result":)" + result + "}") == expected);
    CHECK(parse_status(result) == expected);
    CHECK(refusal([] { return parse_status("{}"); }) != "");
    CHECK(refusal([] { return parse_status(R"({"result":{"sync_info":{}}})"); }) != "");
    CHECK(refusal([] { return parse_status(R"({"error":{"message":"no","data":"way"}})"); }) ==
          "no way");
    const auto answer = [](const std::string& response) {
        return parse_abci_answer(R"({"result":{"response":)" + response + "}}");
    };
    CHECK(answer(R"({"code":0,"value":"AAH/"})") == std::string("\0\1\xff", 3));
    CHECK(answer(R"({"value":null})") == "");
    CHECK(refusal([&] { return answer(R"({"code":6,"log":"unknown query path"})"); }) ==
          "unknown query path");
    for (const auto* bad : {"*", "AAH", "AAH/A", "A===", "=AAA", "AA AH/AA", "AA=A"}) {
        CAPTURE(bad);
        CHECK(refusal([&] { return answer(R"({"value":")" + std::string(bad) + "\"}"); }) ==
              "its value is not base64");
    }
}

TEST_CASE("the RPC's address is taken as a node's configuration has it") {
    CHECK(rpc_url("tcp://localhost:26657") == "http://localhost:26657");
    CHECK(rpc_url("https://node.example/rpc/") == "https://node.example/rpc");
    for (const auto* bad : {"", "localhost:26657", "ws://x", "http://", "http://x/?y", "\x01"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(rpc_url(bad), cmw::Error);
    }
}

TEST_CASE("a URL with a checksum names a digest and a location") {
    const auto binary = parse_url("https://x.example/d/node?checksum=sha256:" + a);
    CHECK(binary ==
          Binary{"sha-256", std::vector<std::uint8_t>(32, 0xaa), {"https://x.example/d/node"}});
    const auto encoded = parse_url(
        "https://x.example/n.tar.gz?t=1&archive=false&checksum=sha512%3A" + b + "&u=2#part");
    CHECK(encoded.algorithm == "sha-512");
    CHECK(encoded.locations == std::vector<std::string>{"https://x.example/n.tar.gz?t=1&u=2"});
    CHECK(parse_url("https://x.example/n?checksum=" + a).algorithm == "sha-256");
    CHECK(parse_url("https://x.example/n?checksum=" + b).algorithm == "sha-512");
    CHECK(parse_url("git::https://x.example/n?checksum=sha256:" + a).locations.empty());
    const auto why = [](const std::string& query) {
        return refusal([&] { return parse_url("https://x.example/n" + query); });
    };
    CHECK(why("").starts_with("it names no checksum: fetch and check it yourself, then run "));
    CHECK(why("?checksum=").starts_with("it names no checksum"));
    CHECK(why("?checksum=file:https://x.example/SUMS").starts_with("it names a file of checksums"));
    CHECK(why("?checksum=md5:" + a.substr(32)).find("can be forged (md5)") != std::string::npos);
    CHECK(why("?checksum=sha256:" + a.substr(2)).find("not 64 hexadecimal") != std::string::npos);
    CHECK(why("?checksum=sha256:" + b) != "");
    CHECK(why("?checksum=crc32:12345678") != "");
}

TEST_CASE("cosmos-sdk PR 23653: the binary of this platform alone, or the one for any") {
    const auto url = [](const std::string& name, const std::string& digest) {
        return "\"https://x.example/" + name + "?checksum=sha256:" + digest + "\"";
    };
    const auto document = R"({"binaries":{"darwin/arm64":"broken","linux/amd64":)" + url("x86", a) +
                          R"(,"any":)" + url("all", std::string(64, 'c')) + "}}";
    CHECK(parse_binaries(document, "linux/amd64").locations.at(0) == "https://x.example/x86");
    CHECK(parse_binaries(document, "linux/arm64").locations.at(0) == "https://x.example/all");
    const auto why = [](const std::string& text) {
        return refusal([&] { return parse_binaries(text, "linux/amd64"); });
    };
    CHECK(
        why(R"({"binaries":{"linux/arm64":)" + url("arm", a) + "}}")
            .starts_with("the plan names no binary for linux/amd64: fetch and check it yourself"));
    CHECK(why("Upgrade to v2, see the forum").starts_with("the plan names no binaries: "));
    CHECK(why("").starts_with("the plan names no binaries: "));
    CHECK(
        why(R"({"binaries":{"linux/amd64":"https://x.example/x86"}})")
            .starts_with("the binary that the plan names for linux/amd64 cannot be used: it names "
                         "no checksum: "));
    CHECK(this_platform().starts_with("linux/"));
}

TEST_CASE("what is kept is read as it was written, and nothing else is") {
    Record record;
    CHECK(from_json(to_json(record)) == record);
    record.base = "sha-256:" + a;
    record.approved =
        Binary{"sha-512", std::vector<std::uint8_t>(64, 7), {"https://x", "https://y"}};
    record.upgrade = "v\"2\"";
    record.height = 1ULL << 62;
    record.missing = "why\nnot";
    record.due = Plan{"v3", 5, "{}"};
    record.planned = Plan{"v4", 6, "{\"a\":1}"};
    for (const auto as : {Noted::As::Silent, Noted::As::Early, Noted::As::Older}) {
        record.noted = {{"v5", 7, ""}, "1.2/3/4", as};
        CHECK(from_json(to_json(record)) == record);
    }
    const auto text = to_json(record);
    for (std::size_t size = 0; size + 2 < text.size(); ++size) {
        CAPTURE(size);
        CHECK(refusal([&] { return from_json(text.substr(0, size)); }) != "");
    }
    CHECK(refusal([] { return from_json("{\"version\":2}"); }) == "it is not of version 1");
}
