// SPDX-License-Identifier: Apache-2.0
#include "fake_engine.hpp"

#include "shared/record_text.hpp"

#include <algorithm>

namespace cmw::test {

using namespace std::chrono_literals;

std::string frame(const std::string& text, unsigned char stream) {
    std::string frame{static_cast<char>(stream), '\0', '\0', '\0'};
    for (const int shift : {24, 16, 8, 0}) frame += static_cast<char>(text.size() >> shift & 0xff);
    return frame + text;
}

std::string json_answer(const std::string& status, const std::string& body) {
    return http_head(status, {"Content-Type: application/json",
                              "Content-Length: " + std::to_string(body.size())}) +
           body;
}

FakeEngine::FakeEngine(std::string socket) : socket_(std::move(socket)) {
    start();
}

void FakeEngine::start() {
    server_ = std::make_unique<HttpServer>(
        [this](const HttpServer::Request& request, HttpServer::Connection& connection) {
            answer(request, connection);
        },
        socket_);
}

void FakeEngine::stop() {
    server_.reset();
}

void FakeEngine::fault(Fault fault) {
    const std::lock_guard lock(mutex_);
    fault_ = std::move(fault);
}

void FakeEngine::version(std::string newest, std::string oldest) {
    const std::lock_guard lock(mutex_);
    newest_ = std::move(newest);
    oldest_ = std::move(oldest);
}

void FakeEngine::add(Container container) {
    const std::lock_guard lock(mutex_);
    containers_.push_back(std::move(container));
}

FakeEngine::Container* FakeEngine::lookup(const std::string& id) {
    const auto found = std::ranges::find_if(
        containers_, [&](const Container& each) { return each.id == id || each.name == id; });
    return found == containers_.end() ? nullptr : &*found;
}

std::optional<FakeEngine::Container> FakeEngine::find(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto* found = const_cast<FakeEngine*>(this)->lookup(name);
    return found == nullptr ? std::nullopt : std::optional(*found);
}

std::size_t FakeEngine::count() const {
    const std::lock_guard lock(mutex_);
    return containers_.size();
}

void FakeEngine::end(const std::string& name, int exit_code, bool out_of_memory) {
    const std::lock_guard lock(mutex_);
    auto* container = lookup(name);
    if (container == nullptr) return;
    container->status = "exited";
    container->exit_code = exit_code;
    container->out_of_memory = out_of_memory;
}

void FakeEngine::write(const std::string& name, const std::string& line, bool error) {
    const std::lock_guard lock(mutex_);
    const auto at = std::chrono::sys_days(std::chrono::November / 23 / 2026).time_since_epoch() +
                    std::chrono::milliseconds(++written_);
    std::string time;
    cmw::record_text::append_time(time, std::chrono::nanoseconds(at).count());
    time += ' ';
    if (auto* container = lookup(name)) container->log += frame(time + line + "\n", error ? 2 : 1);
}

std::vector<std::string> FakeEngine::asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
}

void FakeEngine::answer(const HttpServer::Request& request, HttpServer::Connection& connection) {
    const auto length = request.header("content-length");
    const auto body = connection.receive(length.empty() ? 0 : std::stoul(length));
    auto target = request.target;
    if (target.starts_with("/v1.")) target = target.substr(target.find('/', 1));
    Fault fault;
    {
        const std::lock_guard lock(mutex_);
        asked_.push_back(request.method + " " + request.target);
        fault = fault_;
    }
    if (fault && fault(request, target, connection)) return;
    if (target == "/version") {
        const std::lock_guard lock(mutex_);
        connection.send(json_answer("200 OK", R"({"ApiVersion":")" + newest_ +
                                                  R"(","MinAPIVersion":")" + oldest_ + "\"}"));
    } else if (target.starts_with("/images/create")) {
        const std::lock_guard lock(mutex_);
        for (auto& [name, there] : images) there = true;
        connection.send(json_answer("200 OK", "{\"status\":\"Pulling\"}\r\n"));
    } else if (target.starts_with("/images/")) {
        const std::lock_guard lock(mutex_);
        const auto name = target.substr(8, target.size() - 8 - 5);
        const auto found = images.find(name);
        const bool there = found != images.end() && found->second;
        connection.send(there ? json_answer("200 OK", "{}")
                              : json_answer("404 Not Found", R"({"message":"No such image"})"));
    } else if (target.starts_with("/containers/create?name=")) {
        create(target, body, connection);
    } else {
        about(request.method, target.substr(12), connection);
    }
}

void FakeEngine::create(const std::string& target, const std::string& body,
                        HttpServer::Connection& connection) {
    const std::lock_guard lock(mutex_);
    const auto name = target.substr(target.find('=') + 1);
    if (lookup(name) != nullptr)
        return connection.send(
            json_answer("409 Conflict", R"({"message":"The name is already in use"})"));
    Container made;
    made.id = "id" + std::to_string(++made_);
    made.name = name;
    made.last_request = body;
    const auto labels = body.find("\"Labels\":{");
    if (labels != body.npos)
        made.labels = body.substr(labels + 9, body.find('}', labels) - labels - 8);
    containers_.push_back(made);
    connection.send(json_answer("201 Created", R"({"Id":")" + made.id + R"(","Warnings":[]})"));
}

/// `target` without "/containers/": "id1/json".
void FakeEngine::about(const std::string& method, const std::string& target,
                       HttpServer::Connection& connection) {
    const auto id = target.substr(0, target.find_first_of("/?"));
    const auto rest = target.substr(id.size());
    std::unique_lock lock(mutex_);
    auto* container = lookup(id);
    if (container == nullptr)
        return connection.send(
            json_answer("404 Not Found", R"({"message":"No such container: )" + id + "\"}"));
    const bool runs = container->status == "running";
    if (rest == "/json") {
        const auto flag = [](bool set) { return set ? "true" : "false"; };
        return connection.send(json_answer(
            "200 OK",
            R"({"Id":")" + container->id + R"(","State":{"Status":")" + container->status +
                R"(","Running":)" + flag(runs) + R"(,"Pid":)" + (runs ? "4711" : "0") +
                R"(,"ExitCode":)" + std::to_string(container->exit_code) + R"(,"OOMKilled":)" +
                flag(container->out_of_memory) + R"(,"StartedAt":")" +
                (container->status == "created" ? "0001-01-01T00:00:00Z" : "2026-11-23T05:00:00Z") +
                R"("},"Config":{"Labels":)" + container->labels + "}}"));
    }
    if (rest == "/start") {
        container->status = "running";
        return connection.send(http_head("204 No Content"));
    }
    if (rest.starts_with("/kill")) {
        if (!runs)
            return connection.send(
                json_answer("409 Conflict", R"({"message":"Container is not running"})"));
        container->status = "exited";
        container->exit_code = rest.ends_with("SIGKILL") ? 137 : 143;
        return connection.send(http_head("204 No Content"));
    }
    if (method == "DELETE") {
        if (runs && rest.find("force=1") == rest.npos)
            return connection.send(
                json_answer("409 Conflict", R"({"message":"cannot remove: it is running"})"));
        std::erase_if(containers_, [&](const Container& each) { return each.id == container->id; });
        return connection.send(http_head("204 No Content"));
    }
    const bool follow = rest.find("follow=1") != rest.npos;
    const auto its_id = container->id;
    lock.unlock();
    if (rest.starts_with("/logs")) return send_log(its_id, follow, connection);
    connection.send(http_head("200 OK")); // wait
    while (true) {
        const auto now = find(its_id);
        if (!now || now->status != "running") break;
        if (!connection.wait(5ms)) return;
    }
    connection.send(R"({"StatusCode":0})");
}

void FakeEngine::send_log(const std::string& id, bool follow, HttpServer::Connection& connection) {
    connection.send(http_head("200 OK"));
    std::size_t sent = 0;
    while (true) {
        const auto now = find(id);
        if (!now) return;
        connection.send(std::string_view(now->log).substr(sent));
        sent = now->log.size();
        if (!follow || now->status != "running" || !connection.wait(5ms)) return;
    }
}

} // namespace cmw::test
