// SPDX-License-Identifier: Apache-2.0
#include "integration/site.hpp"

#include "base/digest.hpp"

#include <Poco/JSON/Parser.h>
#include <Poco/JSON/Query.h>
#include <csignal>
#include <doctest/doctest.h>

namespace cmw::test {

namespace fs = std::filesystem;

namespace {

constexpr const char* configuration = R"([host]
state-dir   = "@/state"
runtime-dir = "@/run"
[consensus-source.chain]
plugin = "override-file"
path   = "@/chain.json"
[binary-source.store]
plugin = "local-path"
[process-runner.local]
plugin = "posix"
[log-backend.disk]
plugin = "file"
path   = "@/shipped/{stream}.log"
[component.server]
path        = "@/bin/node"
approved-by = "chain"
from        = { use = "store", path = "@/store/{target}/{digest}" }
max-size    = "16MiB"
[service.node]
runner        = "local"
command       = ["@/bin/node", "--every", "20"]
components    = ["server"]
stop-timeout  = "10s"
restart-delay = "100ms"
upgrade-window = "100ms"
[log.node]
path  = "@/node.log"
to    = ["disk"]
event = "level-word"
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

} // namespace

Status::Status(const std::string& json) {
    try {
        root_ = Poco::JSON::Parser().parse(json);
    } catch (const Poco::Exception&) {
        root_.empty(); // no host answers: everything is ""
    }
}

std::string Status::operator[](const std::string& path) const {
    if (root_.isEmpty()) return "";
    const auto found = Poco::JSON::Query(root_).find(path);
    return found.isEmpty() ? "" : found.toString();
}

Site::Site() : config(folder / "wrapper.toml"), chain(folder / "chain.json") {
    write_text(config, replaced(configuration, "@", folder.path().string()));
    fs::create_directories(folder / "store/server");
    fs::create_directories(folder / "bin");
}

Site::~Site() {
    if (host_) end(SIGKILL);
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const int pid = std::atoi(entry.path().filename().c_str());
        std::error_code gone;
        const auto program = fs::read_symlink(entry.path() / "exe", gone).string();
        if (pid > 0 && !gone && program.starts_with(folder.path().string() + "/"))
            ::kill(pid, SIGKILL);
    }
}

void Site::rewrite(const std::string& from, const std::string& to) const {
    const auto text = read_text(config);
    REQUIRE(text.find(from) != std::string::npos);
    write_text(config, replaced(text, from, to));
}

void Site::append(const std::string& text) const {
    write_text(config, read_text(config) + text);
}

std::string Site::publish(const std::string& version) const {
    const auto bytes = demo_node(version);
    store(digest_of(bytes), bytes);
    return digest_of(bytes);
}

void Site::store(const std::string& digest, const std::string& bytes) const {
    write_text(folder / ("store/server/" + digest), bytes);
}

void Site::approve(const std::string& digest) const {
    set_chain(R"({"server": ")" + digest + "\"}\n");
}

void Site::set_chain(const std::string& text) const {
    write_text(chain + ".new", text);
    fs::rename(chain + ".new", chain);
}

void Site::start() {
    REQUIRE_FALSE(host_);
    host_.emplace(std::vector<std::string>{program_path(), "run", "-c", config},
                  folder / "host.out", folder / "host.out");
}

std::optional<int> Site::end(int signal) {
    host_->signal(signal);
    const auto status = host_->wait();
    host_.reset();
    return status;
}

Ended Site::command(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), program_path());
    arguments.insert(arguments.end(), {"-c", config});
    return run(arguments);
}

Status Site::status() const {
    return Status(command({"status", "--json"}).output);
}
std::string Site::history() const {
    return command({"history"}).output;
}
std::string Site::node_log() const {
    return read_text(folder / "node.log");
}

std::string Site::shipped_log() const {
    std::string text; // older generations first: node.log.2, node.log.1, node.log
    for (int generation = 9; generation > 0; --generation)
        text += read_text(folder / ("shipped/node.log." + std::to_string(generation)));
    return text + read_text(folder / "shipped/node.log");
}

std::string Site::host_output() const {
    return read_text(folder / "host.out");
}

bool Site::wait_for(const std::string& path, const std::string& value) const {
    std::string last;
    if (eventually([&] { return (last = status()[path]) == value; })) return true;
    MESSAGE(path << " is \"" << last << "\", not \"" << value << "\"\n" << host_output());
    return false;
}

pid_t Site::run_version_1() {
    first = publish("1");
    approve(first);
    start();
    REQUIRE(wait_for("services.node.state", "running"));
    REQUIRE(wait_for("components.server.state", "current"));
    return node_pid();
}

pid_t Site::node_pid() const {
    return std::atoi(status()["services.node.pid"].c_str());
}

std::string digest_of(const std::string& bytes) {
    base::Hasher hasher(base::default_algorithm);
    hasher.update(std::as_bytes(std::span(bytes)));
    return hasher.finish().hex();
}

std::string demo_node(const std::string& version) {
    return read_text(demo_node_path()) + "demo-node version: " + version + "\n";
}

} // namespace cmw::test
