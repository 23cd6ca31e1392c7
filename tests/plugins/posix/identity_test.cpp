// SPDX-License-Identifier: Apache-2.0
#include "identity.hpp"
#include "limits.hpp"
#include "runner.hpp"

#include <doctest/doctest.h>

using namespace cmw::posix;

namespace {

std::string problem_of(const Runner::UseSettings& use) {
    try {
        Runner::check_use({}, use);
        return "";
    } catch (const cmw::Error& e) {
        CHECK(e.status() == CMW_CONFIG);
        return e.what();
    }
}

std::string problem_of(std::string user, std::string group,
                       std::map<std::string, std::string> limits) {
    Runner::UseSettings use;
    use.user = std::move(user);
    use.group = std::move(group);
    use.limits = std::move(limits);
    return problem_of(use);
}

} // namespace

TEST_CASE("limits are checked with the configuration") {
    CHECK(problem_of("", "", {{"nofile", "65536"}, {"core", "0"}, {"as", "unlimited"}}).empty());
    CHECK(problem_of("", "", {{"files", "5"}})
              .starts_with("cannot set the limit \"files\": the ones known are as core"));
    for (const auto* value : {"", "-1", "64KiB", "1.5", "99999999999999999999"}) {
        CAPTURE(value);
        CHECK(problem_of("", "", {{"nofile", value}}).starts_with("cannot set the limit nofile"));
    }
}

TEST_CASE("limits are what setrlimit takes") {
    std::vector<cmw::posix::Limit> limits;
    for (const auto& limit :
         cmw::shared::parse_limits({{"nofile", "64"}, {"stack", "unlimited"}}, "off"))
        limits.insert(limits.begin(), limit_of(limit));
    REQUIRE(limits.size() == 3);
    CHECK(limits[0].resource == RLIMIT_CORE);
    CHECK(limits[0].value.rlim_max == 0);
    CHECK(limits[1].value.rlim_max == RLIM_INFINITY);
    CHECK(limits[2].value.rlim_cur == 64);
    CHECK(limits[2].value.rlim_max == 64);
}

TEST_CASE("users and groups are found by name and number") {
    CHECK_FALSE(find_identity("", "").has_value());
    const auto root = find_identity("root", "");
    REQUIRE(root.has_value());
    CHECK(root->user == 0);
    CHECK(root->group == 0);
    CHECK(find_identity("0", "")->user == 0);
    const auto mixed = find_identity("root", "54321");
    CHECK(mixed->group == 54321);
    const auto number = find_identity("54321", "54322");
    CHECK(number->user == 54321);
    CHECK(number->groups == std::vector<gid_t>{54322});
}

TEST_CASE("a user or group that does not exist is a fault of the configuration") {
    CHECK(problem_of("no-such-user", "", {}) ==
          "cannot run as user no-such-user: there is no such user");
    CHECK(problem_of("root", "no-such-group", {}) ==
          "cannot run as group no-such-group: there is no such group");
    CHECK(problem_of("4294967000", "", {}).ends_with("so its group must be given"));
}
