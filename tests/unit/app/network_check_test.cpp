// SPDX-License-Identifier: Apache-2.0
#include "app/network_check.hpp"

#include <doctest/doctest.h>

using namespace cmw;
using namespace cmw::app;

namespace {

constexpr base::Route wide_out{true, 700, 700};
constexpr base::Route narrow_out{true, 0, 0};
constexpr base::Route half_out{true, 700, 10};
constexpr base::Route local{false, 0, 0};

} // namespace

TEST_CASE("TCP keeps its pace if either the kernel or each way out says so") {
    struct Row {
        std::optional<bool> slow_start;
        std::vector<base::Route> routes;
        bool good;
    };
    for (const auto& [slow_start, routes, good] : std::vector<Row>{
             {false, {}, true},
             {false, {narrow_out}, true},
             {true, {}, false},
             {true, {local}, false},
             {true, {narrow_out, local}, false},
             {true, {half_out}, false},
             {true, {wide_out, local}, true},
             {true, {wide_out, narrow_out}, false},
             {true, {wide_out, {true, 1000, 701}}, true},
             {std::nullopt, {wide_out}, true},
             {std::nullopt, {}, false},
         })
        CHECK(network_problem({slow_start, routes}, "w.toml:1:1").has_value() != good);
}

TEST_CASE("what is wrong with TCP is told with where it was asked and the commands that mend it") {
    const auto slow = network_problem({true, {}}, "w.toml:3:1");
    REQUIRE(slow);
    CHECK(slow->where == "w.toml:3:1");
    CHECK(slow->what.starts_with("cannot keep up"));
    for (const auto* part : {"sysctl -w net.ipv4.tcp_slow_start_after_idle=0", "/etc/sysctl.d/",
                             "initcwnd 700 initrwnd 700"})
        CHECK(slow->fix.find(part) != std::string::npos);
    CHECK(network_problem({std::nullopt, {}}, "")->what.find("cannot be read") !=
          std::string::npos);
}

TEST_CASE("nobody is asked when the check is off") {
    config::HostSettings host;
    base::sys::set_fault_plan([](base::sys::Call, std::string_view) { return EACCES; });
    CHECK_FALSE(network_problem(host));
    host.network_check = "warn";
    CHECK(network_problem(host)->what.find("cannot be read") != std::string::npos);
    base::sys::set_fault_plan({});
}
