// SPDX-License-Identifier: Apache-2.0
//
// What needs no bus: names, properties, exits.
#include "exit.hpp"
#include "manager.hpp"
#include "runner.hpp"

#include <csignal>
#include <doctest/doctest.h>

using namespace cmw::systemd;

namespace {

const Property* find(const std::vector<Property>& list, std::string_view name) {
    const auto found = std::ranges::find(list, name, &Property::name);
    return found == list.end() ? nullptr : &*found;
}

template <class Value>
void check_value(const UseSettings& use, const char* name, Value value) {
    INFO(name);
    const auto list = properties_of(use);
    const auto* property = find(list, name);
    REQUIRE(property != nullptr);
    CHECK((*property == Property{name, value}));
}

cmw_status refusal(const UseSettings& use) {
    try {
        properties_of(use);
    } catch (const cmw::Error& error) {
        CHECK(std::string(error.what()).starts_with("cannot "));
        return error.status();
    }
    return CMW_OK;
}

} // namespace

TEST_CASE("the name of a unit tells services apart and is fit for systemd") {
    CHECK(unit_name("cmix-wrapper", "node") == "cmix-wrapper-node.service");
    CHECK(unit_name("a", "x_1.y-z") == "a-x_1.y-z.service");
    CHECK(unit_name("a", "b/c d") == "a-b\\x2fc\\x20d.service");
    CHECK(unit_name("a", "b\\x2fc") == "a-b\\x5cx2fc.service");
    CHECK(unit_name("a", "\xc3\xa4") == "a-\\xc3\\xa4.service");
    CHECK(path_of("a-b.service") == "/org/freedesktop/systemd1/unit/a_2db_2eservice");
}

TEST_CASE("options become properties of the types that systemd wants") {
    UseSettings use;
    use.user = "cmix";
    use.nice = -5;
    use.oom_score_adjust = 300;
    use.umask = "0027";
    use.memory_max = cmw::Bytes{64 << 20};
    use.cpu_max = 150;
    use.pids_max = 20;
    use.private_tmp = true;
    use.protect_system = "strict";
    use.slice = "nodes.slice";
    use.limits = {{"nofile", "65536"}};
    use.core_dumps = "unlimited";
    use.io_class = "best-effort:7";
    use.capabilities = {"net_bind_service", "CAP_SYS_NICE"};
    check_value(use, "User", std::string("cmix"));
    check_value(use, "Nice", std::int32_t{-5});
    check_value(use, "OOMScoreAdjust", std::int32_t{300});
    check_value(use, "UMask", std::uint32_t{027});
    check_value(use, "MemoryMax", std::uint64_t{64 << 20});
    check_value(use, "CPUQuotaPerSecUSec", std::uint64_t{1'500'000});
    check_value(use, "TasksMax", std::uint64_t{20});
    check_value(use, "NoNewPrivileges", true);
    check_value(use, "PrivateTmp", true);
    check_value(use, "ProtectSystem", std::string("strict"));
    check_value(use, "Slice", std::string("nodes.slice"));
    check_value(use, "LimitNOFILE", std::uint64_t{65536});
    check_value(use, "LimitNOFILESoft", std::uint64_t{65536});
    check_value(use, "LimitCORE", std::uint64_t{UINT64_MAX});
    check_value(use, "LimitCORESoft", std::uint64_t{UINT64_MAX});
    check_value(use, "IOSchedulingClass", std::int32_t{2});
    check_value(use, "IOSchedulingPriority", std::int32_t{7});
    check_value(use, "CapabilityBoundingSet", std::uint64_t{1U << 10 | 1U << 23});
    check_value(use, "AmbientCapabilities", std::uint64_t{1U << 10 | 1U << 23});
}

TEST_CASE("what is not configured is systemd's to decide") {
    UseSettings use;
    use.no_new_privileges = false;
    use.protect_system = "no";
    CHECK(properties_of(use).empty());
}

TEST_CASE("options that systemd could not take are refused in words") {
    UseSettings use;
    CHECK(refusal(use) == CMW_OK);
    SUBCASE("umask") {
        use.umask = "0999";
    }
    SUBCASE("umask too large") {
        use.umask = "01777";
    }
    SUBCASE("slice") {
        use.slice = "nodes";
    }
    SUBCASE("an unknown limit") {
        use.limits = {{"files", "1"}};
    }
    SUBCASE("a class of disk's priority") {
        use.io_class = "first";
    }
    SUBCASE("an unknown capability") {
        use.capabilities = {"fly"};
    }
    SUBCASE("core dumps of two sizes") {
        use.core_dumps = "off";
        use.limits = {{"core", "1"}};
    }
    SUBCASE("no number") {
        use.limits = {{"nofile", "many"}};
    }
    CHECK(refusal(use) == CMW_CONFIG);
}

TEST_CASE("a prefix is checked before anything starts") {
    Runner::Settings settings;
    Runner::check(settings);
    for (const char* prefix : {"", ".x", "a b", "a/b"}) {
        settings.prefix = prefix;
        CHECK_THROWS_AS(Runner::check(settings), cmw::Error);
    }
}

TEST_CASE("an exit is what waitid would have told") {
    CHECK(exit_of(CLD_EXITED, 3).code == 3);
    CHECK(exit_of(CLD_EXITED, 3).signal == 0);
    CHECK(exit_of(CLD_KILLED, SIGKILL).signal == SIGKILL);
    CHECK(exit_of(CLD_DUMPED, SIGSEGV).signal == SIGSEGV);
    CHECK(exit_of(0, 0).code == CMW_EXIT_UNKNOWN);
    CHECK(exit_of(0, 0).signal == 0);
}

TEST_CASE("a start that failed is explained") {
    CHECK(why_not_started("/x", "failed, exit-code", 203).find("203/EXEC") != std::string::npos);
    CHECK(why_not_started("/x", "failed, timeout", 0).find("timeout") != std::string::npos);
}
