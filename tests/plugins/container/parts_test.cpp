// SPDX-License-Identifier: Apache-2.0
//
// What needs no engine: options, names, states, versions.
#include "definition.hpp"
#include "engine.hpp"
#include "image.hpp"
#include "runner.hpp"
#include "support/temporary_folder.hpp"

#include <csignal>
#include <doctest/doctest.h>

using namespace cmw::container;
using cmw::test::TemporaryFolder;
using cmw::test::write_text;

namespace {

const std::string hex64(64, 'a');

std::string print(const UseSettings& use, const char* directory = nullptr) {
    const char* arguments[] = {"/opt/node", "--name", "a \"b\"", nullptr};
    const char* environment[] = {"PATH=/bin", "KEY=value", nullptr};
    cmw_program program{};
    program.name = "node";
    program.executable = "/opt/node";
    program.arguments = arguments;
    program.environment = environment;
    program.directory = directory;
    program.output_path = "/var/log/node.log";
    return print_definition({"demo", "/state", &program}, use);
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

template <class Work>
std::string refusal(Work work, cmw_status status = CMW_CONFIG) {
    try {
        work();
    } catch (const cmw::Error& error) {
        CHECK(error.status() == status);
        CHECK(std::string(error.what()).starts_with("cannot "));
        return error.what();
    }
    return "";
}

} // namespace

TEST_CASE("what is configured stands in the request") {
    UseSettings use;
    auto text = print(use);
    CHECK(has(text, R"("Entrypoint":["/opt/node"])"));
    CHECK(has(text, R"("Cmd":["--name","a \"b\""])"));
    CHECK(has(text, R"("Env":["PATH=/bin","KEY=value"])"));
    CHECK(has(text, R"("cmix-wrapper.owner":"/state")"));
    CHECK(has(text, R"("cmix-wrapper.stdout":"/var/log/node.log")"));
    CHECK(has(text, R"("cmix-wrapper.stderr":"")"));
    CHECK(has(text, R"("RestartPolicy":{"Name":"no"})"));
    CHECK(has(text, R"("SecurityOpt":["no-new-privileges"])"));
    CHECK(
        has(text, R"({"ReadOnly":true,"Source":"/opt/node","Target":"/opt/node","Type":"bind"})"));
    for (const char* name : {"Memory", "NanoCpus", "CapDrop", "User", "WorkingDir", "NetworkMode"})
        CHECK_FALSE(has(text, "\"" + std::string(name) + "\""));

    use.mount_program = false;
    use.no_new_privileges = false;
    use.mounts = {"/data:/d", "/key:/k:ro", "vol:/v:rw"};
    use.tmpfs = {"/tmp"};
    use.network = "host";
    use.ports = {"80:8080", "127.0.0.1:53:53/udp", "[::1]:81:8080"};
    use.user = "1000:1000";
    use.memory_max = cmw::Bytes{64 << 20};
    use.cpu_max = 150;
    use.pids_max = 20;
    use.limits = {{"nofile", "100"}, {"core", "unlimited"}};
    use.capabilities = {"net_bind_service", "CAP_CHOWN"};
    use.read_only = true;
    use.init = true;
    text = print(use, "/work");
    CHECK_FALSE(has(text, "SecurityOpt"));
    CHECK(has(text, R"("Mounts":[{"ReadOnly":false,"Source":"/data","Target":"/d","Type":"bind"},)"
                    R"({"ReadOnly":true,"Source":"/key","Target":"/k","Type":"bind"},)"
                    R"({"ReadOnly":false,"Source":"vol","Target":"/v","Type":"volume"}])"));
    CHECK(has(text, R"("Tmpfs":{"/tmp":""})"));
    CHECK(has(text, R"("NetworkMode":"host")"));
    CHECK(has(text, R"("53/udp":[{"HostIp":"127.0.0.1","HostPort":"53"}])"));
    CHECK(has(text,
              R"("8080/tcp":[{"HostIp":"","HostPort":"80"},{"HostIp":"::1","HostPort":"81"}])"));
    CHECK(has(text, R"("ExposedPorts":{"53/udp":{},"8080/tcp":{}})"));
    CHECK(has(text, R"("User":"1000:1000")"));
    CHECK(has(text, R"("Memory":67108864)"));
    CHECK(has(text, R"("MemorySwap":67108864)"));
    CHECK(has(text, R"("NanoCpus":1500000000)"));
    CHECK(has(text, R"("PidsLimit":20)"));
    CHECK(has(text, R"({"Hard":-1,"Name":"core","Soft":-1})"));
    CHECK(has(text, R"({"Hard":100,"Name":"nofile","Soft":100})"));
    CHECK(has(text, R"("CapDrop":["ALL"])"));
    CHECK(has(text, R"("CapAdd":["NET_BIND_SERVICE","CHOWN"])"));
    CHECK(has(text, R"("ReadonlyRootfs":true)"));
    CHECK(has(text, R"("Init":true)"));
    CHECK(has(text, R"("WorkingDir":"/work")"));
}

TEST_CASE("options that an engine could not take are refused in words") {
    const auto refused = [](auto change) {
        UseSettings use;
        change(use);
        return refusal([&] { check_definition(use); });
    };
    for (const char* mount :
         {"/data", "data", "", ":/x", "/a:b", "/a:/b:ro:z", "./a:/b", "/a:/b:z"}) {
        INFO(mount);
        CHECK(has(refused([&](UseSettings& use) { use.mounts = {mount}; }), "mount"));
    }
    for (const char* port : {"80", "80:", ":80", "a:80", "80:99999", "0:80", "80:80/icmp", ""}) {
        INFO(port);
        CHECK(has(refused([&](UseSettings& use) { use.ports = {port}; }), "port"));
    }
    CHECK(has(refused([](UseSettings& use) { use.tmpfs = {"tmp"}; }), "tmpfs"));
    CHECK(has(refused([](UseSettings& use) { use.limits = {{"files", "1"}}; }), "files"));
    CHECK(has(refused([](UseSettings& use) { use.limits = {{"nofile", "many"}}; }), "many"));
    CHECK(has(refused([](UseSettings& use) { use.limits = {{"nofile", "-1"}}; }), "-1"));
    CHECK(has(refused([](UseSettings& use) { use.capabilities = {"sys admin"}; }), "capability"));
}

TEST_CASE("an image is named by its digest, or by a tag that is allowed") {
    UseSettings use;
    const auto refused = [&](const std::string& image) {
        use.image = image;
        return refusal([&] { check_image(use); });
    };
    CHECK(refused("docker.io/xx/node@sha256:" + hex64).empty());
    CHECK(refused("localhost:5000/node@sha256:" + hex64).empty());
    CHECK(refused("sha256:" + hex64).empty());
    for (const std::string name : {"node", "node:1", "localhost:5000/node", "sha256:abc"}) {
        INFO(name);
        CHECK(has(refused(name), "image-by-tag"));
    }
    for (const std::string name : {"node@sha256:abc", "node@md5:x", "@sha256:x"})
        CHECK_FALSE(refused(name).empty());
    for (const std::string name : {"", "a b", "a?x=1", "../x", "a/../../b", "/a"})
        CHECK(has(refused(name), "no name"));
    use.image_by_tag = true;
    CHECK(refused("node:1").empty());
    CHECK_FALSE(refused("node@sha256:abc").empty());
}

TEST_CASE("a manifest that was approved names the image") {
    const TemporaryFolder folder;
    UseSettings use;
    use.image = "registry.example:5000/xx/node";
    use.image_manifest = folder / "manifest.json";
    CHECK(has(refusal([&] { image_of(use); }, CMW_FAILED), "manifest.json"));
    write_text(folder / "manifest.json", "abc");
    CHECK(image_of(use) == "registry.example:5000/xx/node@sha256:"
                           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    use.image = "xx/node:1";
    CHECK(has(refusal([&] { image_of(use); }), "name alone"));
}

TEST_CASE("an image is fetched by its digest or tag, never all of its tags") {
    CHECK(pull_query("xx/node@sha256:ab") == "?fromImage=xx/node&tag=sha256:ab");
    CHECK(pull_query("host:5000/node:1.2") == "?fromImage=host:5000/node&tag=1.2");
    CHECK(pull_query("host:5000/node") == "?fromImage=host:5000/node&tag=latest");
    CHECK(pull_failure("{\"status\":\"x\"}\n{\"error\":\"no\\nspace\"}\n{\"cut").find("no space") ==
          0);
    CHECK(pull_failure("{\"status\":\"x\"}\n[]\n").empty());
}

TEST_CASE("the name of a container is fit for an engine") {
    CHECK(container_name("cmix-wrapper", "node") == "cmix-wrapper-node");
    for (const std::string name : {"", "a b", "a/b", "\xc3\xa4", "a?b"})
        CHECK_FALSE(refusal([&] { container_name("x", name); }).empty());
    for (const std::string prefix : {"", "-x", ".x", "a/b"})
        CHECK_FALSE(refusal([&] { Runner::check({"/run/x", prefix}); }).empty());
    CHECK_FALSE(refusal([] { Runner::check({"run/x", "x"}); }).empty());
}

TEST_CASE("states of both engines") {
    struct Case {
        const char* state;
        State::Phase phase;
    };
    const Case cases[] = {
        {R"("Status":"created","StartedAt":"0001-01-01T00:00:00Z")", State::Phase::made},
        {R"("Status":"configured")", State::Phase::made},
        {R"("Status":"created","StartedAt":"2026-01-01T00:00:00Z")", State::Phase::ended},
        {R"("Status":"running","Running":true)", State::Phase::runs},
        {R"("Status":"paused","Running":true)", State::Phase::runs},
        {R"("Status":"stopping")", State::Phase::runs},
        {R"("Status":"whatever")", State::Phase::runs},
        {R"("Status":"exited","StartedAt":"2026-01-01T00:00:00Z")", State::Phase::ended},
        {R"("Status":"dead")", State::Phase::ended},
        {R"("Status":"removing")", State::Phase::ended},
        {R"("Status":"stopped")", State::Phase::ended},
    };
    for (const auto& [state, phase] : cases) {
        INFO(state);
        CHECK(parse_state(R"({"Id":"x","State":{)" + std::string(state) + "}}").phase == phase);
    }
    const auto whole = parse_state(
        R"({"Id":"x","State":{"Status":"exited","Pid":7,"ExitCode":3,"OOMKilled":true},)"
        R"("Config":{"Labels":{"a":"b","c":1}}})");
    CHECK(whole.pid == 7);
    CHECK(whole.exit_code == 3);
    CHECK(whole.out_of_memory);
    CHECK(whole.labels == std::map<std::string, std::string>{{"a", "b"}});
    for (const char* text : {"", "[]", "{}", "null", R"({"Id":"x"})", R"({"State":{"Status":"x"}})",
                             R"({"Id":1,"State":{"Status":"x"}})"})
        CHECK_FALSE(refusal([&] { parse_state(text); }, CMW_INVALID).empty());
    CHECK_FALSE(refusal([&] { parse_state(std::string(1000, '[')); }, CMW_INVALID).empty());
}

TEST_CASE("an exit is told apart from a signal as a shell does") {
    const auto exit_with = [](std::int64_t code, bool out_of_memory = false) {
        State state;
        state.exit_code = code;
        state.out_of_memory = out_of_memory;
        const auto exit = exit_of(state);
        return std::pair(exit.code, exit.signal);
    };
    CHECK(exit_with(0) == std::pair(0, 0));
    CHECK(exit_with(128) == std::pair(128, 0));
    CHECK(exit_with(137) == std::pair(CMW_EXIT_UNKNOWN, SIGKILL));
    CHECK(exit_with(134) == std::pair(CMW_EXIT_UNKNOWN, SIGABRT));
    CHECK(exit_with(255) == std::pair(255, 0));
    CHECK(exit_with(-1) == std::pair(CMW_EXIT_UNKNOWN, 0));
    CHECK(exit_with(1LL << 40) == std::pair(CMW_EXIT_UNKNOWN, 0));
    CHECK(exit_with(0, true) == std::pair(CMW_EXIT_UNKNOWN, SIGKILL));
}

TEST_CASE("the API's version is one that both know") {
    CHECK(choose_version("1.41", "1.24") == "1.41"); // Podman 4.
    CHECK(choose_version("1.51", "1.24") == "1.41");
    CHECK(choose_version("1.52", "1.44") == "1.44"); // Docker 29.
    CHECK(choose_version("1.41", "") == "1.41");
    for (const char* newest : {"1.40", "", "2.0", "1.x", "1.", "1.41 "})
        CHECK(has(refusal([&] { choose_version(newest, "1.12"); }, CMW_UNSUPPORTED), "1.41"));
}

TEST_CASE("an engine's words are one line of bounded size") {
    CHECK(words_of({404, R"({"message":"no such\nimage"})"}) == "no such image (HTTP 404)");
    CHECK(words_of({500, "plain\x1b[31m"}) == "plain [31m (HTTP 500)");
    CHECK(words_of({500, ""}) == "HTTP 500");
    CHECK(words_of({500, "{}"}) == "HTTP 500");
    CHECK(words_of({500, std::string(100000, 'x')}).size() < 320);
}
