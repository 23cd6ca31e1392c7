// SPDX-License-Identifier: Apache-2.0
#include "base/system_attempt.hpp"

#include <algorithm>
#include <cstring>
#include <linux/rtnetlink.h>

namespace cmw::base::sys {

namespace {

/// Whether the messages end the answer; an error if one says so.
Outcome<bool> is_last(std::span<const std::byte> messages) {
    while (messages.size() >= sizeof(nlmsghdr)) {
        nlmsghdr head{};
        std::memcpy(&head, messages.data(), sizeof head);
        if (head.nlmsg_type == NLMSG_DONE) return true;
        if (head.nlmsg_type == NLMSG_ERROR) {
            nlmsgerr said{};
            if (messages.size() < sizeof head + sizeof said.error) return tl::unexpected(EPROTO);
            std::memcpy(&said.error, messages.data() + sizeof head, sizeof said.error);
            return tl::unexpected(-said.error);
        }
        if (head.nlmsg_len < sizeof head) return tl::unexpected(EPROTO);
        messages =
            messages.subspan(std::min<std::size_t>(messages.size(), NLMSG_ALIGN(head.nlmsg_len)));
    }
    return false;
}

} // namespace

Outcome<std::vector<std::byte>> dump_routes() {
    const auto socket = attempt_fd(Call::socket, {}, [] {
        return ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    });
    if (!socket) return tl::unexpected(socket.error());
    struct {
        nlmsghdr head{sizeof(nlmsghdr) + sizeof(rtmsg), RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, 1,
                      0};
        rtmsg about{};
    } request;
    request.about.rtm_family = AF_INET;
    const auto sent = attempt(Call::write, {}, [&] {
        return ::send(socket->get(), &request, sizeof request, MSG_NOSIGNAL);
    });
    if (!sent) return tl::unexpected(sent.error());
    std::vector<std::byte> all;
    std::vector<std::byte> part(64 * 1024); // The kernel sends no more than 32 KiB at once.
    while (true) {
        const auto got = attempt(Call::read, {}, [&] {
            return ::recv(socket->get(), part.data(), part.size(), MSG_TRUNC);
        });
        if (!got) return tl::unexpected(got.error());
        const auto size = static_cast<std::size_t>(*got);
        if (size > part.size() || size == 0) return tl::unexpected(EPROTO);
        all.insert(all.end(), part.begin(), part.begin() + *got);
        const auto last = is_last(std::span(part).first(size));
        if (!last) return tl::unexpected(last.error());
        if (*last) return all;
    }
}

} // namespace cmw::base::sys
