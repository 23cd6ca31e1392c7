// SPDX-License-Identifier: Apache-2.0
//
// crash-upgrades [STRIDE] - SIGKILL at each (or each STRIDE-th) system call of an upgrade; the next
// host must bring everything in order by itself, and is given the next version.
//
// Two files are one set, with hooks and a trial run around them. In one round each version works
// and is there in the end; in the other each fails after its start, and the one before is there.
#include "crash/points.hpp"

#include <fmt/format.h>
#include <iostream>

using namespace cmw;
using test::hex_of;
using test::write_text;

namespace {

constexpr const char* configuration = R"([host]
state-dir   = "@/state"
runtime-dir = "@/run"
plugin-path = ["%"]
[process-runner.local]
plugin = "posix"
[consensus-source.chain]
plugin = "override-file"
path   = "@/chain.json"
[binary-source.store]
plugin = "local-path"
path   = "@/artifacts/{digest}"
[component.server]
path        = "@/bin/node"
approved-by = "chain"
from        = "store"
probe       = ["--version"]
[component.libpow]
path        = "@/lib/libpow.so"
approved-by = "chain"
from        = "store"
mode        = "0644"
[service.node]
runner         = "local"
command        = ["@/bin/node"]
environment    = { CRASH_SITE = "@" }
components     = ["server", "libpow"]
upgrade-window = "60ms"
restart-delay  = "10ms"
before-upgrade = { exec = ["@/hook"], timeout = "30s" }
after-upgrade  = { exec = ["@/hook"], timeout = "30s" }
)";

struct Site : test::Place {
    Site() : Place(configuration) {
        write_text(folder / "hook", "#!/bin/sh\n:\n");
        std::filesystem::permissions(folder / "hook", std::filesystem::perms::owner_all);
    }

    /// The program tells which set it is, and then works, or not.
    std::string node(int version, bool works) const {
        return fmt::format("#!/bin/sh\n[ \"$1\" = --version ] && exec echo node {0}\n"
                           "read lib <{1}\necho {0} $lib >>{2}\n{3}\n",
                           version, folder / "lib/libpow.so", folder / "runs",
                           works ? "exec sleep 10000" : "echo cannot work; exit 3");
    }
    static std::string library(int version) { return fmt::format("{}\n", version); }

    void publish(int version, bool works) const {
        for (const auto& content : {node(version, works), library(version)})
            write_text(folder / ("artifacts/" + hex_of(content)), content);
    }
    void approve(int version, bool works) const {
        write_text(folder / "chain.new",
                   fmt::format("{{\"server\": \"{}\", \"libpow\": \"{}\"}}\n",
                               hex_of(node(version, works)), hex_of(library(version))));
        std::filesystem::rename(folder / "chain.new", folder / "chain.json");
    }
};

/// Until `version` runs, alone, with all its files, and nothing is left to do.
bool rests_on(test::Life& life, const Site& site, int version, const std::string& approved,
              const char* state) {
    const auto server = hex_of(site.node(version, true));
    const auto library = hex_of(Site::library(version));
    const auto set = fmt::format("{0} {0}", version);
    return life.until([&] {
        const auto status = life.host().status();
        const auto& one = status.components.at("server");
        const auto& other = status.components.at("libpow");
        // What was approved is known before what to make of it is.
        const bool judged = std::string_view(state) == "current" ||
                            one.reason.find(approved.substr(0, 12)) != std::string::npos;
        return one.approved == approved && judged && one.state == state && other.state == state &&
               one.installed == server && other.installed == library &&
               status.services.at("node").state == supervisor::ServiceState::running &&
               site.last_run() == set && site.programs().size() == 1;
    });
}

std::string describe(test::Life& life, const Site& site) {
    const auto status = life.host().status();
    std::string text;
    for (const auto& [name, c] : status.components)
        text += fmt::format("{}: {} installed {:.8} approved {:.8} {}\n", name, c.state,
                            c.installed, c.approved, c.reason);
    const auto& service = status.services.at("node");
    text +=
        fmt::format("service {} {}; programs {}, last run '{}'\n", supervisor::name(service.state),
                    service.reason, site.programs().size(), site.last_run());
    return text;
}

/// One host: brings what it finds in order, then upgrades, and may be killed in that.
bool live(test::Board& board, const Site& site, int last_tried, bool works) {
    const int settled_on = works ? last_tried : 1;
    const int next = last_tried + 1;
    test::Life life(site);
    const auto tell = [&](const char* what) {
        return board.tell(fmt::format("{}:\n{}", what, describe(life, site)));
    };
    const auto approved = [&](int version) {
        return hex_of(site.node(version, version == settled_on || works));
    };
    const bool put_back = last_tried != settled_on;
    if (!rests_on(life, site, settled_on, approved(last_tried),
                  put_back ? "quarantined" : "current"))
        return tell("the next host does not bring it in order");
    site.publish(next, works);
    site.approve(next, works); // First: what the next host is to find, if this one is killed.
    board.arm();
    const bool rests = works ? rests_on(life, site, next, approved(next), "current")
                             : rests_on(life, site, settled_on, approved(next), "quarantined");
    board.disarm();
    return rests || tell("the upgrade does not come to its end");
}

/// How many points there were, or -1.
int run_round(test::Board& board, bool works, int stride) {
    const Site site;
    site.publish(1, true);
    site.approve(1, true);
    int points = 0;
    auto end = test::End::killed;
    for (int at = 1; end == test::End::killed; at += stride) {
        end = test::run_to_point(board, works ? "upgrade" : "put back", at,
                                 [&] { return live(board, site, points + 1, works); });
        if (end == test::End::killed) ++points;
    }
    site.end_programs();
    return end == test::End::done ? points : -1;
}

} // namespace

int main(int argc, char** argv) {
    const int stride = argc > 1 ? std::max(1, std::atoi(argv[1])) : 1;
    auto& board = test::make_board();
    const int upgrades = run_round(board, true, stride);
    const int put_back = upgrades < 0 ? -1 : run_round(board, false, stride);
    std::cout << "points: " << upgrades << " of upgrades, " << put_back << " of sets put back\n";
    return upgrades > 0 && put_back > 0 ? 0 : 1;
}
