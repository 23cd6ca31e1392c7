// SPDX-License-Identifier: Apache-2.0
#include "app/network_check.hpp"

#include <algorithm>

namespace cmw::app {

namespace {

constexpr const char* slow_start = "/proc/sys/net/ipv4/tcp_slow_start_after_idle";

constexpr std::uint32_t wide_window = 700; ///< Segments: what the network tells its operators.

} // namespace

NetworkFacts network_facts() {
    NetworkFacts facts;
    if (const auto text = base::sys::read_file(slow_start, 64); text && !text->empty())
        facts.slow_start_after_idle = text->front() != '0';
    facts.routes = base::main_routes().value_or(std::vector<base::Route>{});
    return facts;
}

std::optional<base::Problem> network_problem(const NetworkFacts& facts, const std::string& where) {
    if (facts.slow_start_after_idle == false) return std::nullopt;
    const auto narrow = [](const base::Route& route) {
        return route.is_default && (route.initcwnd < wide_window || route.initrwnd < wide_window);
    };
    const bool leads_out = std::ranges::any_of(facts.routes, &base::Route::is_default);
    if (leads_out && std::ranges::none_of(facts.routes, narrow)) return std::nullopt;
    return base::Problem{
        where,
        facts.slow_start_after_idle
            ? "cannot keep up with the network: TCP begins slowly after each pause"
            : fmt::format("cannot tell how TCP begins after a pause: {} cannot be read",
                          slow_start),
        "as root: 'sysctl -w net.ipv4.tcp_slow_start_after_idle=0', and the line "
        "'net.ipv4.tcp_slow_start_after_idle=0' in /etc/sysctl.d/90-cmix-wrapper.conf; or 'ip "
        "route change ... initcwnd 700 initrwnd 700' for each default route; or set network-check "
        "to \"off\""};
}

std::optional<base::Problem> network_problem(const config::HostSettings& host) {
    if (host.network_check == "off") return std::nullopt;
    return network_problem(network_facts(), host.position.to_string());
}

} // namespace cmw::app
