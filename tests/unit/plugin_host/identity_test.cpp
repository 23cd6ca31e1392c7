// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/host_table.hpp"
#include "support/temporary_folder.hpp"

#include <array>
#include <doctest/doctest.h>

using namespace cmw;
using namespace cmw::plugin_host;

TEST_SUITE_BEGIN("plugin_host");

TEST_CASE("a plugin is told who the node is, from the file as it is now") {
    const test::TemporaryFolder folder;
    const auto path = folder / "IDF.json";
    HostContext context{"cmix-wrapper/1", folder.path().string(), {}, path};
    const HostTable with("consensus-source.chain", folder.path().string(), context);
    const auto read = [](const HostTable& table, const char* field, std::size_t capacity) {
        const auto& host = table.get();
        const auto* identity =
            static_cast<const cmw_identity*>(host.service(&host, CMW_SERVICE_IDENTITY));
        std::array<char, 256> value{};
        std::array<char, 256> text{};
        cmw_error error{sizeof error, text.size(), text.data(), 0};
        const auto status = identity->read(identity, field, value.data(), capacity, &error);
        return std::pair<cmw_status, std::string>(status,
                                                  status == CMW_OK ? value.data() : text.data());
    };
    using Answer = std::pair<cmw_status, std::string>;
    CHECK(read(with, "id", 256) ==
          Answer{CMW_AGAIN, "cannot tell who this node is: " + path + " is not there yet"});
    test::write_text(path, R"({"id": "abc", "idBytes": [1, 2], "hexNodeID": "0x12"})");
    CHECK(read(with, "id", 256) == Answer{CMW_OK, "abc"});
    CHECK(read(with, "hexNodeID", 5) == Answer{CMW_OK, "0x12"});
    CHECK(read(with, "hexNodeID", 4).first == CMW_NOT_FOUND);
    CHECK(read(with, "idBytes", 256).first == CMW_NOT_FOUND);
    for (const auto* bad : {"", "[1]", "{", "null", "{\"id\": \"a\"} x"}) {
        CAPTURE(bad);
        test::write_text(path, bad);
        CHECK(read(with, "id", 256).first == CMW_INVALID);
    }
    test::write_text(path, std::string(70'000, ' '));
    CHECK(read(with, "id", 256).first == CMW_INVALID);

    context.identity_file.clear();
    const HostTable without("consensus-source.chain", folder.path().string(), context);
    CHECK(read(without, "id", 256) ==
          Answer{CMW_CONFIG, "cannot tell who this node is: set 'file' in [identity]"});
}

TEST_CASE("an instance may ask to be asked again, and is named") {
    std::vector<std::string> asked;
    HostContext context{"cmix-wrapper/1", "/tmp", {}, {}, {}};
    const auto ask = [&] {
        const HostTable table("binary-source.mine", "/tmp", context);
        const auto& host = table.get();
        const auto* retry = static_cast<const cmw_retry*>(host.service(&host, CMW_SERVICE_RETRY));
        REQUIRE(retry != nullptr);
        retry->now(retry);
        CHECK(host.service(&host, "retry/2") == nullptr);
        CHECK(host.service(&host, nullptr) == nullptr);
    };
    ask(); // A host that does not care.
    context.retry = [&](std::string_view instance) { asked.emplace_back(instance); };
    ask();
    CHECK(asked == std::vector<std::string>{"binary-source.mine"});
}

TEST_SUITE_END();
