// SPDX-License-Identifier: Apache-2.0
// What a plugin gets: its options as the ABI has them, its host, calls that can be cancelled.
#include "base/system.hpp"
#include "plugin_host/host_table.hpp"
#include "plugin_host/session.hpp"
#include "support/temporary_folder.hpp"

#include <cstring>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/stat.h>

using namespace cmw;
using namespace cmw::plugin_host;
using config::OptionType;
using config::OptionValue;

TEST_SUITE_BEGIN("plugin_host");

namespace {

bool readable(int fd) {
    pollfd poll{fd, POLLIN, 0};
    return ::poll(&poll, 1, 0) == 1;
}

std::string_view text(cmw_str text) {
    return {text.data, text.size};
}

} // namespace

TEST_CASE("options cross the boundary with their types and values") {
    const config::OptionValues values = {
        {OptionType::boolean, std::int64_t{1}, false, {}},
        {OptionType::number, 0.5, false, {}},
        {OptionType::string, std::string("a\0b", 3), false, {}},
        {OptionType::list, config::OptionList{"x", "y"}, false, {}},
        {OptionType::map, config::OptionMap{{"k", "v"}, {"l", "w"}}, false, {}},
        {OptionType::secret, std::monostate{}, true, {}},
        {OptionType::duration, std::int64_t{5}, false, {}},
    };
    auto first = ConfigTable(values);
    const auto table = std::move(first); // What it points to stays where it is.
    const auto& config = table.get();
    CHECK(config.struct_size == sizeof(cmw_config));
    REQUIRE(config.count == 7);
    const auto* v = config.values;
    CHECK(v[0].type == CMW_TYPE_BOOL);
    CHECK(v[0].as.integer == 1);
    CHECK(v[1].as.number == 0.5);
    CHECK(text(v[2].as.string) == std::string_view("a\0b", 3));
    CHECK(v[2].as.string.data[3] == '\0');
    REQUIRE(v[3].count == 2);
    CHECK(text(v[3].as.list[1]) == "y");
    CHECK(v[3].as.list[1].data[1] == '\0');
    REQUIRE(v[4].count == 2);
    CHECK(text(v[4].as.list[2]) == "l");
    CHECK(text(v[4].as.list[3]) == "w");
    CHECK(v[5].type == CMW_TYPE_ABSENT);
    CHECK(v[6].type == CMW_TYPE_DURATION);
    CHECK(v[6].as.integer == 5);
    CHECK(ConfigTable({}).get().count == 0);
}

TEST_CASE("a call is cancelled by hand or by its deadline") {
    Call call(base::Monotonic::max());
    CHECK(call.get().deadline_ns == std::numeric_limits<std::int64_t>::max());
    CHECK_FALSE(call.cancelled());
    CHECK_FALSE(readable(call.get().cancel_fd));
    call.cancel();
    call.cancel();
    CHECK(call.cancelled());
    CHECK(readable(call.get().cancel_fd));

    const Call late(base::monotonic_now());
    CHECK(late.cancelled());
    CHECK_FALSE(readable(late.get().cancel_fd));
}

TEST_CASE("a call that can have no descriptor is cancelled from the start") {
    { const Call first(base::Monotonic::max()); }
    base::sys::set_fault_plan([](base::sys::Call call, std::string_view) {
        return call == base::sys::Call::eventfd ? EMFILE : 0;
    });
    Call call(base::Monotonic::max());
    base::sys::set_fault_plan({});
    CHECK(call.cancelled());
    CHECK(readable(call.get().cancel_fd));
    call.cancel();
}

TEST_CASE("statuses and texts of a call are read with suspicion") {
    CHECK(guarded_call([](cmw_error*) { return cmw_status{CMW_OK}; }));
    struct Case {
        cmw_status given;
        cmw_status read;
    };
    for (const auto& c : {Case{CMW_AGAIN, CMW_AGAIN}, Case{CMW_UNSUPPORTED, CMW_UNSUPPORTED},
                          Case{9, CMW_FAILED}, Case{-1, CMW_FAILED}}) {
        const auto failed = guarded_call([&](cmw_error* error) {
            error->retry_after_ns = 7;
            return c.given;
        });
        REQUIRE_FALSE(failed);
        CHECK(failed.error().status == c.read);
        CHECK(failed.error().retry_after == base::Nanoseconds(7));
        CHECK(failed.error().text ==
              "cannot tell why: the plugin gave no reason (" + std::string(name(c.read)) + ")");
    }
    CHECK(name(cmw_status{-3}) == "failed");
    CHECK(name(cmw_status{CMW_NOT_FOUND}) == "not found");
}

TEST_CASE("a plugin's folder is its own") {
    const test::TemporaryFolder folder;
    const HostContext host{"cmix-wrapper/1", folder / "state", {}};
    const auto made = make_state_folder("log-backend.cloud", host);
    REQUIRE(made);
    CHECK(*made == folder / "state/plugins/cloud");
    const auto mode = [&] { return base::sys::stat(*made)->st_mode & 07777; };
    CHECK(mode() == 0700);
    ::chmod(made->c_str(), 0755);
    REQUIRE(make_state_folder("log-backend.cloud", host));
    CHECK(mode() == 0700);

    test::write_text(folder / "state/plugins/file", "");
    const auto failed = make_state_folder("log-backend.file", host);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().text ==
          folder / "state/plugins/file" + ": cannot make the plugin's folder: Not a directory");
}

TEST_CASE("lines that a plugin logs are marked, and made fit to show") {
    std::vector<std::string> lines;
    std::uint32_t last_level = 0;
    bool throws = false;
    const HostContext host{"cmix-wrapper/1", "/nowhere",
                           [&](std::string_view where, std::uint32_t level, std::string_view line) {
                               if (throws) throw std::bad_alloc();
                               lines.push_back(std::string(where) + ": " + std::string(line));
                               last_level = level;
                           }};
    const HostTable table("log-backend.cloud", "/nowhere/cloud", host);
    const auto& c = table.get();
    CHECK(std::string_view(c.instance) == "log-backend.cloud");
    CHECK(std::string_view(c.state_dir) == "/nowhere/cloud");
    CHECK(std::string_view(c.product) == "cmix-wrapper/1");
    CHECK(c.service(&c, "metrics/1") == nullptr);
    c.log(&c, 99, {"a\nb", 3});
    c.log(&c, CMW_LEVEL_INFO, {nullptr, 3});
    throws = true;
    c.log(&c, CMW_LEVEL_INFO, {"lost", 4});
    CHECK(lines == std::vector<std::string>{"log-backend.cloud: a b"});
    CHECK(last_level == CMW_LEVEL_FATAL);
}

TEST_SUITE_END();
