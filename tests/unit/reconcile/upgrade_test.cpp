// SPDX-License-Identifier: Apache-2.0
//
// Around the swap: hooks, trial runs, the window after the start and the way back.
#include "world.hpp"

using namespace cmw::test;
using cmw::plugin_host::Failure;
using cmw::supervisor::ServiceState;
using Strings = std::vector<std::string>;
namespace config = cmw::config;

namespace {

const std::string v1 = version("one");
const std::string v2 = version("two");
const std::string v3 = version("three");

/// A host with version one settled, under a configuration of the test's.
struct Site {
    TemporaryFolder folder;
    Programs programs;
    Life::Change change;
    std::optional<Life> life;

    explicit Site(std::function<void(Site&, config::ServiceSettings&, config::ComponentSettings&)>
                      configure = {}) {
        change = [this, configure](config::Settings& settings) {
            auto& service = settings.services[0];
            service.output_path = service.error_path = folder / "output";
            if (configure) configure(*this, service, settings.components[0]);
        };
        begin();
        life->approve(digest_of(v1));
        REQUIRE(life->until_runs(programs, v1));
        REQUIRE(life->until_state("current"));
        programs.log.clear();
    }
    void begin() {
        life.emplace(folder, programs, change);
        for (const auto& content : {v1, v2, v3}) life->source.content[digest_of(content)] = content;
    }
    /// As after SIGKILL: nothing is said to anyone.
    void restart_host() {
        life.reset();
        begin();
    }
    std::string script(const std::string& name, const std::string& text) const {
        write_text(folder / name, "#!/bin/sh\n" + text + "\n");
        std::filesystem::permissions(folder / name, std::filesystem::perms::owner_all);
        return folder / name;
    }
    std::string installed() const { return read_text(folder / "bin/node"); }
    bool until_history(const std::string& name, const std::string& event) {
        return life->until([&] { return !life->last(name, event).event.empty(); });
    }
};

void give_hook(std::optional<config::HookSettings>& hook, const std::string& path,
               std::chrono::milliseconds timeout = std::chrono::seconds(30)) {
    hook = config::HookSettings{{path}, timeout, {}};
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("hooks run around an upgrade, told what changes; not at the first installation") {
    Site site([](Site& self, auto& service, auto&) {
        const auto write = "echo $CMIX_WRAPPER_HOOK $CMIX_WRAPPER_SERVICE $CMIX_WRAPPER_COMPONENT "
                           "$CMIX_WRAPPER_FROM $CMIX_WRAPPER_TO >>" +
                           (self.folder / "hooks") + "; echo said something";
        give_hook(service.before_upgrade, self.script("before", write));
        give_hook(service.after_upgrade, self.script("after", write));
    });
    CHECK_FALSE(std::filesystem::exists(site.folder / "hooks"));
    site.life->approve(digest_of(v2));
    REQUIRE(site.life->until_runs(site.programs, v2));
    const auto line = [&](const std::string& when) {
        return when + "-upgrade cmix server " + digest_of(v1).hex() + " " + digest_of(v2).hex() +
               "\n";
    };
    REQUIRE(site.life->until(
        [&] { return read_text(site.folder / "hooks") == line("before") + line("after"); }));
    CHECK(std::ranges::find(site.life->log, "before-upgrade of service cmix: said something") !=
          site.life->log.end());
}

TEST_CASE("a before-upgrade hook that fails or takes too long leaves the old program running") {
    struct Case {
        const char* text;
        const char* words;
    };
    for (const Case& entry :
         {Case{"echo no space; exit 3", "exit status 3: no space"},
          Case{"sleep 60", "not done within 50ms"}, Case{"kill -9 $$", "killed by signal 9"}}) {
        CAPTURE(entry.text);
        Site site([&](Site& self, auto& service, auto&) {
            give_hook(service.before_upgrade, self.script("before", entry.text),
                      std::chrono::milliseconds(entry.text[0] == 's' ? 50 : 30'000));
        });
        site.life->approve(digest_of(v2));
        REQUIRE(site.until_history("server", "refused"));
        CHECK(contains(site.life->last("server", "refused").why, entry.words));
        CHECK(contains(site.life->component().view.reason, entry.words));
        CHECK(site.programs.log.empty());
        CHECK(site.installed() == v1);
        // Once it works, the upgrade is made: it is tried again.
        site.script("before", "exit 0");
        REQUIRE(site.life->until_runs(site.programs, v2));
    }
}

TEST_CASE("a hook does not outlive its host, nor what it started") {
    Site site([](Site& self, auto& service, auto&) {
        give_hook(service.before_upgrade,
                  self.script("before", "sleep 1000 & echo $! >" + (self.folder / "child") +
                                            ".new; mv " + (self.folder / "child") + ".new " +
                                            (self.folder / "child") + "; wait"));
    });
    site.life->approve(digest_of(v2));
    REQUIRE(site.life->until([&] { return std::filesystem::exists(site.folder / "child"); }));
    const auto child = std::stoi(read_text(site.folder / "child"));
    CHECK(::kill(child, 0) == 0);
    site.life.reset();
    CHECK(run_until(*std::move(*cmw::base::EventLoop::create()), [&] {
        return !std::filesystem::exists(fmt::format("/proc/{}/cmdline", child)) ||
               read_text(fmt::format("/proc/{}/cmdline", child)).empty();
    }));
    CHECK(site.installed() == v1);
    site.begin(); // It is run again.
    site.script("before", "exit 0");
    REQUIRE(site.life->until_runs(site.programs, v2));
}

TEST_CASE("a file that fails its trial run is quarantined, and nothing is stopped for it") {
    for (const std::string text : {"#!/bin/sh\n[ \"$1\" = --version ] && exit 9\n",
                                   "#!/bin/sh\nsleep 60\n", "#!/bin/sh\nkill -11 $$\n"}) {
        CAPTURE(text);
        Site site([](Site&, auto&, auto& component) {
            component.probe = {"--version"};
            component.probe_timeout = std::chrono::milliseconds(300);
        });
        site.life->source.content[digest_of(text)] = text;
        site.life->approve(digest_of(text));
        REQUIRE(site.life->until_state("quarantined"));
        CHECK(site.programs.log.empty());
        CHECK(site.installed() == v1);
        CHECK(contains(site.life->last("server", "quarantined").why, "its trial run failed: "));
        site.restart_host();
        REQUIRE(site.life->until_state("quarantined"));
        site.life->approve(digest_of(v2)); // The chain names another.
        REQUIRE(site.life->until_runs(site.programs, v2));
    }
}

TEST_CASE("what the trial run says, the approval and the time down are remembered") {
    const std::string speaking = "#!/bin/sh\necho cmix 4.7.8\necho more\n";
    Site site([](Site&, auto&, auto& component) {
        component.probe = {"--version"};
        component.probe_timeout = std::chrono::seconds(30);
    });
    site.life->source.content[digest_of(speaking)] = speaking;
    site.life->approve(digest_of(speaking));
    REQUIRE(site.life->until_runs(site.programs, speaking));
    REQUIRE(site.life->until_state("current"));
    const auto entry = site.life->last("server", "activated");
    CAPTURE(entry.why);
    CHECK(entry.from == digest_of(v1).hex());
    CHECK(entry.to == digest_of(speaking).hex());
    CHECK(contains(entry.why, "cmix 4.7.8; "));
    CHECK(contains(entry.why, "chain at block 2"));
    CHECK(entry.downtime);
}

TEST_CASE("a program that ends within its window is put back, and not tried again") {
    Site site([](Site&, auto& service, auto&) { service.upgrade_window = std::chrono::hours(1); });
    site.life->approve(digest_of(v2));
    REQUIRE(site.life->until_runs(site.programs, v2));
    CHECK(site.life->component().view.state == "activating");
    write_text(site.folder / "output", "starting\ncannot read the database\n");
    site.programs.end("cmix", {7, 0});
    REQUIRE(site.life->until_runs(site.programs, v1));
    REQUIRE(site.life->until_state("quarantined"));
    CHECK(site.installed() == v1);
    CHECK(site.programs.log == Strings{"stop " + v1, "start " + v2, "start " + v1});
    const auto entry = site.life->last("server", "rolled-back");
    CAPTURE(entry.why);
    CHECK(entry.from == digest_of(v2).hex());
    CHECK(entry.to == digest_of(v1).hex());
    CHECK(contains(entry.why, "exited with status 7: cannot read the database"));
    CHECK(entry.downtime);
    CHECK(contains(site.life->component().view.reason, "cannot read the database"));
    site.restart_host();
    REQUIRE(site.life->until_state("quarantined"));
    CHECK(site.programs.log.size() == 3);
    site.life->approve(digest_of(v3));
    REQUIRE(site.life->until_runs(site.programs, v3));
}

TEST_CASE("a failing health check within the window puts the old files back") {
    Site site([](Site& self, auto& service, auto&) {
        service.upgrade_window = std::chrono::milliseconds(1);
        config::HealthSettings health;
        health.exec = {self.script("well", "[ ! -e " + (self.folder / "sick") +
                                               " ] || "
                                               "grep -q one " +
                                               (self.folder / "bin/node"))};
        health.every = std::chrono::milliseconds(5);
        health.timeout = std::chrono::seconds(30);
        health.failures = 2;
        service.health = health;
    });
    REQUIRE(site.life->until([&] { return site.life->service().health == "ok"; }));
    write_text(site.folder / "sick", "");
    site.life->approve(digest_of(v2));
    REQUIRE(site.life->until_state("quarantined"));
    REQUIRE(site.life->until_runs(site.programs, v1));
    CHECK(contains(site.life->last("server", "rolled-back").why, "its health check fails"));
    CHECK(site.programs.log == Strings{"stop " + v1, "start " + v2, "stop " + v2, "start " + v1});
}

TEST_CASE("a window is not over before the health check has said yes") {
    Site site([](Site& self, auto& service, auto&) {
        service.upgrade_window = std::chrono::milliseconds(1);
        config::HealthSettings health;
        health.exec = {self.script("well", "test -e " + (self.folder / "ready"))};
        health.every = std::chrono::milliseconds(5);
        health.timeout = std::chrono::seconds(30);
        health.failures = 1'000'000;
        service.health = health;
    });
    site.life->approve(digest_of(v2));
    REQUIRE(site.life->until_runs(site.programs, v2));
    REQUIRE(site.life->until([&] { return !site.life->service().health_reason.empty(); }));
    CHECK(site.life->component().view.state == "activating");
    write_text(site.folder / "ready", "");
    REQUIRE(site.life->until_state("current"));
    CHECK_FALSE(site.life->last("server", "activated").why.empty());
}

TEST_CASE("a host that is killed within the window leaves it to the next one") {
    Site site([](Site& self, auto& service, auto&) {
        const bool short_one = std::filesystem::exists(self.folder / "short");
        service.upgrade_window = std::chrono::milliseconds(short_one ? 1 : 3'600'000);
    });
    site.life->approve(digest_of(v2));
    REQUIRE(site.life->until_runs(site.programs, v2));
    SUBCASE("where it goes on") {
        site.restart_host();
        REQUIRE(site.life->until_state("activating"));
        REQUIRE(site.life->until_runs(site.programs, v2));
        SUBCASE("and the program fails") {
            site.programs.end("cmix", {0, SIGSEGV});
            REQUIRE(site.life->until_runs(site.programs, v1));
            REQUIRE(site.life->until_state("quarantined"));
            CHECK(site.installed() == v1);
        }
        SUBCASE("and the operator stops it, which says nothing about the files") {
            site.life->reconciler().stop("cmix", "operator", [](const auto&) {});
            REQUIRE(site.life->until_state("current"));
            CHECK(site.life->service().state == ServiceState::stopped);
            CHECK(site.installed() == v2);
        }
    }
    SUBCASE("and it ends well") {
        write_text(site.folder / "short", "");
        site.restart_host();
        REQUIRE(site.until_history("server", "activated"));
        REQUIRE(site.life->until_state("current"));
        CHECK(site.programs.log == Strings{"stop " + v1, "start " + v2});
    }
    SUBCASE("and the program died with each of its hosts") {
        for (int i = 0; i < 3; ++i) {
            site.programs.by_name.at("cmix")->exit = {0, SIGKILL};
            site.restart_host();
            if (i < 2) REQUIRE(site.life->until_runs(site.programs, v2));
        }
        REQUIRE(site.life->until_runs(site.programs, v1));
        REQUIRE(site.life->until_state("quarantined"));
    }
}

TEST_CASE("where the old program does not start either, it stays and the new one is tried later") {
    Site site;
    site.programs.refuse = [](const std::string&) {
        return Failure{CMW_FAILED, "cannot execute it: no memory", {}};
    };
    site.life->approve(digest_of(v2));
    REQUIRE(site.until_history("server", "rolled-back"));
    CHECK(site.installed() == v1);
    CHECK(site.life->component().facts.quarantined.empty());
    CHECK(contains(site.life->last("server", "rolled-back").why, "does not start either"));
    site.programs.refuse = {};
    REQUIRE(site.life->until_runs(site.programs, v2));
}

TEST_CASE("a service that did not run has nothing to go back to") {
    Site site([](Site&, auto& service, auto&) {
        service.upgrade_window = std::chrono::hours(1);
        service.restart_first = service.restart_cap = std::chrono::hours(1);
    });
    site.programs.end("cmix", {1, 0});
    REQUIRE(site.life->until([&] { return site.life->service().state == ServiceState::backoff; }));
    site.life->approve(digest_of(v2));
    REQUIRE(site.life->until_runs(site.programs, v2));
    REQUIRE(site.life->until_state("current"));
    site.programs.end("cmix", {1, 0});
    REQUIRE(site.life->until([&] { return site.life->service().state == ServiceState::backoff; }));
    CHECK(site.life->component().view.state == "current");
}

TEST_CASE("flaw 2: the old program runs for as long as a download takes, and longer") {
    Site site;
    auto& source = site.life->source;
    source.slow = true;
    site.life->approve(digest_of(v2));
    REQUIRE(site.life->until([&] { return source.waiting.size() == 1; }));
    CHECK(site.programs.log.empty());
    source.slow = false;
    source.waiting[0]();
    REQUIRE(site.life->until_runs(site.programs, v2));
    CHECK(site.programs.log == Strings{"stop " + v1, "start " + v2});
}
