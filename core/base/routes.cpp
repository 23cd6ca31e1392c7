// SPDX-License-Identifier: Apache-2.0
#include "base/routes.hpp"

#include <cstring>
#include <linux/rtnetlink.h>

namespace cmw::base {

namespace {

/// Messages and attributes begin at multiples of four: NLMSG_ALIGNTO, RTA_ALIGNTO.
constexpr std::size_t aligned(std::size_t size) {
    return (size + 3) & ~std::size_t{3};
}

/// Takes a T off the front; false if there is not so much.
template <class T>
bool take(std::span<const std::byte>& bytes, T& value) {
    if (bytes.size() < sizeof value) return false;
    std::memcpy(&value, bytes.data(), sizeof value);
    bytes = bytes.subspan(std::min(bytes.size(), aligned(sizeof value)));
    return true;
}

/// The attributes in `bytes`, up to the first that makes no sense.
template <class Visit>
void for_each_attribute(std::span<const std::byte> bytes, Visit visit) {
    while (true) {
        const auto whole = bytes;
        rtattr head{};
        if (!take(bytes, head) || head.rta_len < sizeof head || head.rta_len > whole.size()) return;
        visit(head.rta_type & NLA_TYPE_MASK,
              whole.subspan(sizeof head, head.rta_len - sizeof head));
        bytes = whole.subspan(std::min(whole.size(), aligned(head.rta_len)));
    }
}

std::uint32_t number(std::span<const std::byte> bytes) {
    std::uint32_t value = 0;
    take(bytes, value);
    return value;
}

void read_metrics(std::span<const std::byte> bytes, Route& route) {
    for_each_attribute(bytes, [&](int type, std::span<const std::byte> value) {
        if (type == RTAX_INITCWND) route.initcwnd = number(value);
        if (type == RTAX_INITRWND) route.initrwnd = number(value);
    });
}

} // namespace

std::vector<Route> parse_routes(std::span<const std::byte> messages) {
    std::vector<Route> routes;
    while (true) {
        const auto whole = messages;
        nlmsghdr head{};
        if (!take(messages, head) || head.nlmsg_len < sizeof head || head.nlmsg_len > whole.size())
            return routes;
        auto body = whole.subspan(sizeof head, head.nlmsg_len - sizeof head);
        rtmsg about{};
        if (head.nlmsg_type == RTM_NEWROUTE && take(body, about)) {
            Route route{.is_default = about.rtm_dst_len == 0};
            std::uint32_t table = about.rtm_table;
            for_each_attribute(body, [&](int type, std::span<const std::byte> value) {
                if (type == RTA_TABLE) table = number(value);
                if (type == RTA_METRICS) read_metrics(value, route);
            });
            if (table == RT_TABLE_MAIN) routes.push_back(route);
        }
        messages = whole.subspan(std::min(whole.size(), aligned(head.nlmsg_len)));
    }
}

sys::Outcome<std::vector<Route>> main_routes() {
    return sys::dump_routes().map([](const auto& messages) { return parse_routes(messages); });
}

} // namespace cmw::base
