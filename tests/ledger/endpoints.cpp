// SPDX-License-Identifier: Apache-2.0
#include "ledger/endpoints.hpp"

#include "support/temporary_folder.hpp"

#include <algorithm>
#include <thread>

namespace cmw::test {

namespace {

/// Of a stream of messages with octet counting those that are whole.
std::string whole_messages(std::string_view stream) {
    std::string all;
    while (!stream.empty()) {
        const auto space = stream.find(' ');
        if (space == stream.npos) break;
        const auto size = std::stoul(std::string(stream.substr(0, space)));
        if (stream.size() - space - 1 < size) break;
        all += stream.substr(space + 1, size);
        stream.remove_prefix(space + 1 + size);
    }
    return all;
}

} // namespace

CloudEnd::CloudEnd(FakeCloudWatch::Plan plan) : fake(std::move(plan)) {
    port_ = server_.emplace(handler()).port();
}

HttpServer::Handler CloudEnd::handler() {
    return [this, serve = fake.handler()](const auto& request, auto& connection) {
        std::this_thread::sleep_for(slow_by.load());
        serve(request, connection);
    };
}

void CloudEnd::refuse(bool refuses) {
    server_.reset();
    if (!refuses) server_.emplace(handler(), port_);
}

std::string CloudEnd::table() const {
    return "plugin = \"cloudwatch\"\ngroup = \"nodes\"\nregion = \"us-west-1\"\n"
           "stream = \"{stream}.log\"\nlinger = \"0s\"\nproxy = \"none\"\n"
           "access-key-id = \"AKIDEXAMPLE\"\n"
           "secret-access-key = \"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\"\n"
           "endpoint = \"http://127.0.0.1:" +
           std::to_string(port_) + "\"\n" + more;
}

Numbers CloudEnd::numbers() const {
    std::string all;
    for (const auto& message : fake.messages()) all += message + "\n";
    return numbers_in(all);
}

std::string WebEnd::table() const {
    return "plugin = \"http\"\nlinger = \"0s\"\nproxy = \"none\"\nurl = \"" +
           collector_.url("/logs") + "\"\n";
}

Numbers WebEnd::numbers() const {
    Numbers all;
    for (const auto& body : collector_.bodies()) {
        const auto some = numbers_in(body);
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

std::vector<std::size_t> WebEnd::batches() const {
    std::vector<std::size_t> sizes;
    for (const auto& body : collector_.bodies()) sizes.push_back(numbers_in(body).size());
    return sizes;
}

std::string SyslogEnd::table() const {
    return "plugin = \"syslog\"\naddress = \"tcp://127.0.0.1:" + std::to_string(receiver_.port()) +
           "\"\n";
}

Numbers SyslogEnd::numbers() const {
    Numbers all;
    for (const auto& connection : receiver_.connections()) {
        const auto some = numbers_in(whole_messages(connection));
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

std::string FolderEnd::table() const {
    return "plugin = \"file\"\npath = \"" + folder_ +
           "/{stream}.log\"\nmax-size = \"1MiB\"\nkeep = 1000\n";
}

Numbers FolderEnd::numbers() const {
    std::vector<std::pair<int, std::string>> files; // The age: "node.log.7" is 7, "node.log" 0.
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
        const auto extension = entry.path().extension().string();
        if (!entry.path().filename().string().starts_with("node.log")) continue;
        files.emplace_back(extension == ".log" ? 0 : std::stoi(extension.substr(1)), entry.path());
    }
    std::ranges::sort(files, std::greater{});
    std::string all;
    for (const auto& [age, path] : files) {
        all += read_text(path);
        // What is just being written.
        if (age == 0) all.erase(all.rfind('\n') + 1);
    }
    return numbers_in(all);
}

} // namespace cmw::test
