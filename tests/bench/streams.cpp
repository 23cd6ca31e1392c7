// SPDX-License-Identifier: Apache-2.0
//
// What many streams cost the real host when all is shipped and their logs are quiet: 0, 50, 100 and
// 200 streams of three backends each (file, http, cloudwatch; the latter two to fakes in here).
// Resident memory, processor time, and how often any of its threads slept and woke in
// STREAMS_IDLE_SECONDS (30). Prints one line of JSON.
#include "bench/usage.hpp"
#include "fakes/cloudwatch/fake_cloudwatch.hpp"
#include "fakes/log_collector.hpp"
#include "support/host_process.hpp"
#include "support/temporary_folder.hpp"

#include <csignal>
#include <cstdio>
#include <thread>

using namespace cmw::test;

namespace {

constexpr std::size_t lines = 100; ///< In each log.

std::string backends(const LogCollector& web, const HttpServer& cloud, const std::string& shipped) {
    return "[log-backend.disk]\nplugin = \"file\"\npath = \"" + shipped +
           "/{stream}.log\"\n[log-backend.web]\nplugin = \"http\"\nproxy = \"none\"\n"
           "linger = \"0s\"\nurl = \"" +
           web.url("/logs") +
           "\"\n[log-backend.cloud]\nplugin = \"cloudwatch\"\ngroup = \"nodes\"\n"
           "region = \"us-west-1\"\nstream = \"{stream}.log\"\nproxy = \"none\"\n"
           "linger = \"0s\"\naccess-key-id = \"AKIDEXAMPLE\"\n"
           "secret-access-key = \"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\"\nendpoint = \"" +
           cloud.url("") + "\"\n";
}

bool all_shipped(const FakeCloudWatch& cloud, const LogCollector& web, const std::string& shipped,
                 std::size_t streams) {
    if (cloud.taken_count() < streams * lines) return false;
    std::size_t in_web = 0;
    for (const auto& body : web.bodies())
        for (auto at = body.find("line "); at != body.npos; at = body.find("line ", at + 1))
            ++in_web;
    if (in_web < streams * lines) return false;
    for (std::size_t i = 0; i < streams; ++i) {
        const auto text = read_text(shipped + "/s" + std::to_string(i) + ".log");
        if (static_cast<std::size_t>(std::ranges::count(text, '\n')) < lines) return false;
    }
    return true;
}

/// One host with so many streams; a JSON object.
std::string measure(std::size_t streams, std::chrono::seconds idle) {
    const TemporaryFolder folder;
    FakeCloudWatch fake;
    const HttpServer cloud(fake.handler());
    const LogCollector web("204 No Content");
    const auto shipped = folder / "shipped";
    auto toml = "[host]\nstate-dir = \"" + folder / "state" + "\"\nruntime-dir = \"" +
                folder / "run" + "\"\n" + backends(web, cloud, shipped);
    for (std::size_t i = 0; i < streams; ++i) {
        const auto name = "s" + std::to_string(i);
        const auto log = folder / ("logs/" + name + ".log");
        std::string text;
        for (std::size_t n = 0; n < lines; ++n)
            text += "line " + std::to_string(n) + " of " + name + "\n";
        write_text(log, text);
        toml += "[log." + name + "]\npath = \"" + log +
                "\"\nevent = \"line\"\nto = [\"disk\", \"web\", \"cloud\"]\n";
    }
    write_text(folder / "wrapper.toml", toml);
    const Child host({program_path(), "run", "-c", folder / "wrapper.toml"}, folder / "host.out",
                     folder / "host.out");
    if (!eventually([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
            return all_shipped(fake, web, shipped, streams);
        }))
        (void)std::fputs(read_text(folder / "host.out").c_str(), stderr);
    std::this_thread::sleep_for(std::chrono::seconds(10)); // Connections that idle are closed.
    const auto before = usage_of(host.pid());
    std::this_thread::sleep_for(idle);
    const auto after = usage_of(host.pid());
    const auto status = "/proc/" + std::to_string(host.pid()) + "/status";
    char text[300];
    (void)std::snprintf(text, sizeof text,
                        R"({"streams":%zu,"resident_kib":%ld,"anonymous_kib":%ld,"threads":%ld,)"
                        R"("idle_s":%lld,"wakes":%ld,"cpu_ms":%.0f})",
                        streams, number_in(status, "VmRSS"), number_in(status, "RssAnon"),
                        after.threads, static_cast<long long>(idle.count()),
                        after.wakes - before.wakes, after.cpu_ms - before.cpu_ms);
    return text;
}

} // namespace

int main() {
    const char* chosen = std::getenv("STREAMS_IDLE_SECONDS");
    const std::chrono::seconds idle(chosen == nullptr ? 30 : std::strtol(chosen, nullptr, 10));
    std::string all;
    for (const auto streams : std::initializer_list<std::size_t>{0, 50, 100, 200})
        all += (all.empty() ? "" : ",") + measure(streams, streams == 200 ? idle : idle / 10);
    std::printf("{\"benchmark\":\"streams\",\"backends\":3,\"rows\":[%s]}\n", all.c_str());
}
