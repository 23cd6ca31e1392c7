// SPDX-License-Identifier: Apache-2.0
#include "base/routes.hpp"

#include <cstring>
#include <doctest/doctest.h>
#include <fstream>
#include <linux/rtnetlink.h>
#include <sstream>

using namespace cmw::base;

namespace {

/// A message of an answer, put together piece by piece.
class Message {
  public:
    Message(std::uint16_t type, std::uint8_t prefix, std::uint8_t table) {
        nlmsghdr head{};
        head.nlmsg_type = type;
        add(&head, sizeof head);
        rtmsg about{};
        about.rtm_family = AF_INET;
        about.rtm_dst_len = prefix;
        about.rtm_table = table;
        add(&about, sizeof about);
    }
    Message& attribute(std::uint16_t type, const std::vector<std::byte>& value) {
        const rtattr head{static_cast<unsigned short>(sizeof(rtattr) + value.size()), type};
        add(&head, sizeof head);
        add(value.data(), value.size());
        return *this;
    }
    std::vector<std::byte> bytes() const {
        auto whole = bytes_;
        const auto size = static_cast<std::uint32_t>(whole.size());
        std::memcpy(whole.data(), &size, sizeof size);
        return whole;
    }

    static std::vector<std::byte> number(std::uint32_t value) {
        std::vector<std::byte> bytes(sizeof value);
        std::memcpy(bytes.data(), &value, sizeof value);
        return bytes;
    }
    static std::vector<std::byte> metrics(std::uint32_t initcwnd, std::uint32_t initrwnd) {
        std::vector<std::byte> bytes;
        for (const auto& [type, value] :
             {std::pair{RTAX_INITCWND, initcwnd}, {RTAX_INITRWND, initrwnd}}) {
            const rtattr head{sizeof(rtattr) + 4, static_cast<unsigned short>(type)};
            const auto* from = reinterpret_cast<const std::byte*>(&head);
            bytes.insert(bytes.end(), from, from + sizeof head);
            const auto digits = number(value);
            bytes.insert(bytes.end(), digits.begin(), digits.end());
        }
        return bytes;
    }

  private:
    void add(const void* from, std::size_t size) {
        const auto* bytes = static_cast<const std::byte*>(from);
        bytes_.insert(bytes_.end(), bytes, bytes + size);
        bytes_.resize((bytes_.size() + 3) / 4 * 4);
    }
    std::vector<std::byte> bytes_;
};

std::vector<std::byte> answer() {
    std::vector<std::byte> all;
    for (const auto& message :
         {Message(RTM_NEWROUTE, 0, RT_TABLE_MAIN)
              .attribute(RTA_GATEWAY, Message::number(0x0100000a))
              .attribute(RTA_METRICS, Message::metrics(700, 800)),
          Message(RTM_NEWROUTE, 24, RT_TABLE_MAIN).attribute(RTA_TABLE, Message::number(254)),
          Message(RTM_NEWROUTE, 32, RT_TABLE_LOCAL),
          Message(RTM_NEWROUTE, 0, RT_TABLE_MAIN).attribute(RTA_TABLE, Message::number(1000)),
          Message(RTM_NEWLINK, 0, RT_TABLE_MAIN), Message(NLMSG_DONE, 0, 0)}) {
        const auto bytes = message.bytes();
        all.insert(all.end(), bytes.begin(), bytes.end());
    }
    return all;
}

} // namespace

TEST_CASE("routes of the main table are read with their windows") {
    CHECK(parse_routes(answer()) == std::vector<Route>{{true, 700, 800}, {false, 0, 0}});
}

TEST_CASE("an answer that breaks off anywhere brings no route that was not in it") {
    const auto whole = answer();
    const auto routes = parse_routes(whole);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto some = parse_routes(std::span(whole).first(size));
        REQUIRE(some.size() <= routes.size());
        CHECK(std::equal(some.begin(), some.end(), routes.begin()));
    }
}

TEST_CASE("a length that makes no sense ends the reading") {
    auto bytes = answer();
    for (const std::uint32_t length : {0u, 3u, 0xffffffffu}) {
        std::memcpy(bytes.data(), &length, sizeof length);
        CHECK(parse_routes(bytes).empty());
    }
}

TEST_CASE("this machine has as many default routes as /proc says") {
    const auto routes = main_routes();
    REQUIRE(routes);
    std::ifstream table("/proc/net/route");
    std::string line;
    std::getline(table, line); // What the columns are.
    std::ptrdiff_t expected = 0;
    while (std::getline(table, line)) {
        std::string device, destination, gateway, flags, uses, users, metric, mask;
        std::istringstream(line) >> device >> destination >> gateway >> flags >> uses >> users >>
            metric >> mask;
        if (destination == "00000000" && mask == "00000000") ++expected;
    }
    CHECK(std::ranges::count(*routes, true, &Route::is_default) == expected);
}

TEST_CASE("a kernel that does not tell its routes is an error") {
    for (const auto call : {sys::Call::socket, sys::Call::write, sys::Call::read}) {
        sys::set_fault_plan(
            [call](sys::Call made, std::string_view) { return made == call ? EACCES : 0; });
        const auto routes = main_routes();
        sys::set_fault_plan({});
        REQUIRE_FALSE(routes);
        CHECK(routes.error() == EACCES);
    }
}
