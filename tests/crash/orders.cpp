// SPDX-License-Identifier: Apache-2.0
//
// crash-orders [STRIDE] - SIGKILL at each (or each STRIDE-th) system call of carrying out an order:
// the network's signed ones, in turn update, stop and start, and the operator's restart. The next
// host must have carried it out, once, with no second copy of the program, and have told it once.
#include "crash/points.hpp"

#include "commands/command_file.hpp"
#include "commands/signature.hpp"
#include "fakes/certificates.hpp"

#include <fmt/format.h>
#include <iostream>

using namespace cmw;
using supervisor::ServiceState;
using test::hex_of;
using test::write_text;

namespace {

constexpr const char* configuration = R"([host]
state-dir   = "@/state"
runtime-dir = "@/run"
plugin-path = ["%"]
[process-runner.local]
plugin = "posix"
[command-source.management]
plugin      = "directory"
path        = "@/orders"
certificate = "@/network.crt"
start       = "beginning"
services    = ["node"]
[binary-source.store]
plugin = "local-path"
path   = "@/artifacts/{digest}"
[component.server]
path        = "@/bin/node"
approved-by = "management"
field       = "binary"
from        = "store"
[service.node]
runner         = "local"
command        = ["@/bin/node"]
environment    = { CRASH_SITE = "@" }
components     = ["server"]
upgrade-window = "60ms"
restart-delay  = "10ms"
)";

enum class Order { update, stop, start, restart };
constexpr const char* names[] = {"update", "stop", "start", "restart"};

using Orders = std::vector<Order>; ///< Of a chain of hosts; the first one installs the program.

/// What holds when they are carried out.
struct Expected {
    int version = 0; ///< Of the program.
    bool runs = true;
    std::size_t signed_orders = 0;
};
Expected expected_after(const Orders& orders) {
    Expected expected;
    for (const auto order : orders) {
        if (order == Order::update) ++expected.version;
        expected.runs = order != Order::stop;
        if (order != Order::restart) ++expected.signed_orders;
    }
    return expected;
}

struct Site : test::Place {
    Site() : Place(configuration) {
        const auto network = test::self_signed({.key = test::KeyKind::ed25519, .names = ""});
        write_text(folder / "network.crt", network.certificate);
        write_text(folder / "network.pem", network.key);
    }

    std::string node(int version) const {
        return fmt::format("#!/bin/sh\necho {} >>{}\nexec sleep 10000\n", version, folder / "runs");
    }
    void issue(const Orders& orders) const {
        const auto order = orders.back();
        std::string command = order == Order::stop ? R"({"command": "stop", "target": "binary"})"
                                                   : R"({"command": "start", "target": "binary"})";
        if (order == Order::update) {
            const auto content = node(expected_after(orders).version);
            const auto digest = hex_of(content);
            write_text(folder / ("artifacts/" + digest), content);
            command = fmt::format(R"({{"command": "update", "target": "binary", )"
                                  R"("info": {{"path": "server/x", "hash": "{}"}}}})",
                                  digest);
        }
        const auto now = std::chrono::duration<double>(base::unix_now().time_since_epoch());
        const auto line =
            fmt::format(R"({{"timestamp": {:.6f}, "commands": [{}]}})", now.count(), command);
        const auto signature = commands::sign(line, folder / "network.pem");
        if (!signature) throw std::runtime_error(base::to_string(signature.error()));
        write_text(folder / "order.new", commands::join(line, *signature));
        std::filesystem::rename(folder / "order.new",
                                folder / fmt::format("orders/{}.jsonl", orders.size()));
    }
};

std::size_t told(app::Host& host, const std::string& event) {
    const auto history = host.history("management", 100'000);
    if (!history) return 0;
    return static_cast<std::size_t>(
        std::ranges::count(*history, event, &state::HistoryEntry::event));
}

/// Until the orders up to this one are carried out, and nothing is left to do.
bool rests_after(test::Life& life, const Site& site, const Orders& orders_so_far) {
    const auto expected = expected_after(orders_so_far);
    const auto digest = hex_of(site.node(expected.version));
    return life.until([&] {
        const auto status = life.host().status();
        const auto& server = status.components.at("server");
        const auto& orders = status.orders.at("management");
        const auto state = status.services.at("node").state;
        return server.approved == digest && server.installed == digest &&
               server.state == "current" && orders.doing.empty() && orders.waiting == 0 &&
               told(life.host(), "done") == expected.signed_orders &&
               state == (expected.runs ? ServiceState::running : ServiceState::stopped) &&
               site.last_run() == std::to_string(expected.version) &&
               site.programs().size() == (expected.runs ? 1 : 0);
    });
}

std::string describe(test::Life& life, const Site& site, const Expected& expected) {
    const auto status = life.host().status();
    const auto& server = status.components.at("server");
    const auto& orders = status.orders.at("management");
    const auto& service = status.services.at("node");
    return fmt::format(
        "server: {} installed {:.8} approved {:.8} {}\norders: doing '{}' last '{}' refused '{}' "
        "error '{}', {} taken, {} done of {}\nservice {} {}; programs {}, last run '{}' of {}\n",
        server.state, server.installed, server.approved, server.reason, orders.doing, orders.last,
        orders.refused, orders.error, told(life.host(), "taken"), told(life.host(), "done"),
        expected.signed_orders, supervisor::name(service.state), service.reason,
        site.programs().size(), site.last_run(), expected.version);
}

/// One host: carries out what is left of the orders before, then the last, and may be killed in that.
bool live(test::Board& board, const Site& site, const Orders& orders) {
    test::Life life(site);
    const Orders before(orders.begin(), orders.end() - 1);
    const auto tell = [&](const char* what, const Orders& so_far) {
        const auto expected = expected_after(so_far);
        return board.tell(
            fmt::format("{} of {}:\n{}", what, so_far.size(), describe(life, site, expected)));
    };
    if (!before.empty()) {
        if (!rests_after(life, site, before))
            return tell("the next host does not end order", before);
        if (told(life.host(), "taken") != expected_after(before).signed_orders)
            return tell("it is not told once that it took order", before);
    }
    bool answered = true;
    if (orders.back() == Order::restart) {
        answered = false;
        board.arm();
        life.host().restart("node", "operator", [&](const auto&) { answered = true; });
    } else {
        site.issue(orders); // First: what the next host is to find, if this one is killed.
        board.arm();
    }
    const bool rests = rests_after(life, site, orders) && life.until([&] { return answered; });
    board.disarm();
    return rests || tell("it does not end order", orders);
}

/// Hosts one after the other, each with one more order.
class Chain {
  public:
    test::End next(Order order, int at) {
        orders_.push_back(order);
        const auto end = test::run_to_point(board_, names[static_cast<int>(order)], at,
                                            [&] { return live(board_, site_, orders_); });
        if (end == test::End::killed) ++points_;
        failed_ = failed_ || end == test::End::failed;
        return end;
    }
    /// All of these, each killed at this point. Whether one was; never after a failure.
    bool round(const Orders& orders, int at) {
        bool killed = false;
        for (const auto order : orders)
            if (!failed_ && next(order, at) == test::End::killed) killed = true;
        return killed && !failed_;
    }
    /// How many points there were; 0 if one failed.
    int end() const {
        site_.end_programs();
        return failed_ ? 0 : points_;
    }

  private:
    test::Board& board_ = test::make_board();
    const Site site_;
    Orders orders_;
    int points_ = 0;
    bool failed_ = false;
};

} // namespace

int main(int argc, char** argv) {
    const int stride = argc > 1 ? std::max(1, std::atoi(argv[1])) : 1;
    Chain chain;
    chain.next(Order::update, 0);
    for (int at = 1; chain.round({Order::stop, Order::start, Order::restart}, at); at += stride) {
    }
    for (int at = 1; chain.round({Order::update}, at); at += stride) {
    }
    const int points = chain.end();
    std::cout << "points: " << points << "\n";
    return points > 0 ? 0 : 1;
}
