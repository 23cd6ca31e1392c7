// SPDX-License-Identifier: Apache-2.0
#include "config/service_order.hpp"

using namespace cmw::config;

namespace {

using Names = std::vector<std::string>;

/// "a: b c" is a service `a` after `b` and `c`.
std::vector<ServiceSettings> services(const std::vector<std::pair<std::string, Names>>& table) {
    std::vector<ServiceSettings> all;
    for (const auto& [name, after] : table) {
        all.emplace_back().name = name;
        all.back().after = after;
    }
    return all;
}

} // namespace

TEST_CASE("a cycle of services is found and shown, and nothing else is one") {
    struct Case {
        std::vector<std::pair<std::string, Names>> services;
        Names cycle;
    };
    const std::vector<Case> table{
        {{}, {}},
        {{{"a", {}}, {"b", {"a"}}, {"c", {"a", "b"}}}, {}},
        {{{"d", {"b", "c"}}, {"b", {"a"}}, {"c", {"a"}}, {"a", {}}}, {}},
        {{{"a", {"nobody"}}}, {}},
        {{{"a", {"a"}}}, {"a", "a"}},
        {{{"a", {"b"}}, {"b", {"a"}}}, {"a", "b", "a"}},
        // The way to it is no part of it.
        {{{"x", {"a"}}, {"a", {"b"}}, {"b", {"c"}}, {"c", {"a"}}}, {"a", "b", "c", "a"}},
        {{{"a", {}}, {"b", {"a", "c"}}, {"c", {"a", "b"}}}, {"b", "c", "b"}},
    };
    for (const auto& one : table) {
        CAPTURE(one.services);
        CHECK(find_cycle(services(one.services)) == one.cycle);
    }
}

TEST_CASE("services that none of the others needs are stopped first, beside each other") {
    const auto all = services({{"a", {}}, {"b", {"a"}}, {"c", {"b"}}, {"d", {"a"}}, {"e", {}}});
    CHECK(first_to_stop(all, {"a", "b", "c", "d", "e"}) == Names{"c", "d", "e"});
    CHECK(first_to_stop(all, {"a", "b"}) == Names{"b"});
    CHECK(first_to_stop(all, {"a", "c"}) == Names{"a", "c"}); // What is between them stays.
    CHECK(first_to_stop(all, {"a"}) == Names{"a"});
    CHECK(first_to_stop(all, {}).empty());
}
