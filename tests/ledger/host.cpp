// SPDX-License-Identifier: Apache-2.0
#include "ledger/host.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/JSON/Query.h>
#include <cstdlib>
#include <doctest/doctest.h>
#include <random>
#include <thread>

namespace cmw::test {

using namespace std::chrono_literals;

LogHost::LogHost(std::map<std::string, Endpoint*> endpoints, const std::string& options)
    : endpoints_(std::move(endpoints)), options_(options) {}

void LogHost::start() {
    REQUIRE_FALSE(host_);
    std::string names;
    std::string tables;
    for (const auto& [name, endpoint] : endpoints_) {
        names += "\"" + name + "\", ";
        tables += "[log-backend." + name + "]\n" + endpoint->table();
    }
    write_text(folder / "wrapper.toml",
               "[host]\nstate-dir = \"" + state_dir + "\"\nruntime-dir = \"" + folder / "run" +
                   "\"\n" + tables + "[log.node]\npath = \"" + log +
                   "\"\nevent = \"line\"\nto = [" + names + "]\n" + options_);
    auto command = before;
    command.insert(command.end(), {program_path(), "run", "-c", folder / "wrapper.toml"});
    host_.emplace(command, folder / "host.out", folder / "host.out");
}

int LogHost::end(int signal) {
    const auto began = std::chrono::steady_clock::now();
    host_->signal(signal);
    const auto status = host_->wait();
    last_end_ = std::chrono::steady_clock::now() - began;
    host_.reset();
    REQUIRE(status);
    return *status;
}

std::string LogHost::status(const std::string& backend, const std::string& key) const {
    const auto answer =
        run({program_path(), "status", "--json", "-c", folder / "wrapper.toml"}).output;
    try {
        const auto found = Poco::JSON::Query(Poco::JSON::Parser().parse(answer))
                               .find("logs.node.to." + backend + "." + key);
        return found.isEmpty() ? "" : found.toString();
    } catch (const Poco::Exception&) {
        return ""; // Not yet, or no more.
    }
}

bool LogHost::wait_for_all(std::size_t written) const {
    bool all = true;
    for (const auto& [name, endpoint] : endpoints_) {
        Count found;
        const auto complete = [&] {
            found = count(endpoint->numbers(), written);
            if (found.missing == 0) return true;
            std::this_thread::sleep_for(40ms);
            return false;
        };
        if (eventually(complete, 2 * patience)) continue;
        all = false;
        MESSAGE(name << " lacks " << found.missing << " lines, " << found.first_missing
                     << " first, of " << written);
    }
    if (!all) MESSAGE(output());
    return all;
}

std::size_t number_from_environment(const char* name, std::size_t fallback) {
    const char* value = std::getenv(name);
    return value == nullptr ? fallback : std::stoul(value);
}

unsigned seed() {
    const auto chosen =
        static_cast<unsigned>(number_from_environment("LEDGER_SEED", std::random_device{}()));
    MESSAGE("LEDGER_SEED=" << chosen);
    return chosen;
}

} // namespace cmw::test
