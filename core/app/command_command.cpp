// SPDX-License-Identifier: Apache-2.0
//
// app/command_command.cpp - cmix-wrapper command sign, verify, approve and decline.
#include "app/ask_host.hpp"
#include "app/commands.hpp"
#include "app/terminal.hpp"
#include "base/system.hpp"
#include "base/text.hpp"
#include "commands/command_file.hpp"
#include "commands/judgement.hpp"
#include "commands/strict_json.hpp"

#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <sstream>

namespace cmw::app {

using base::Result;

namespace {

Result<std::string> file_text(const std::string& path) {
    auto text = base::sys::read_file(path, commands::max_command_file);
    if (!text) return base::fail(base::system_problem(path, "read the file", text.error()));
    return std::move(*text);
}

/// JSON may be written over several lines; what is signed is one.
std::string in_one_line(std::string text) {
    for (auto& c : text)
        if (c == '\n' || c == '\r' || c == '\t') c = ' ';
    const auto begin = text.find_first_not_of(' ');
    if (begin == std::string::npos) return {};
    return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::int64_t seconds_from_now(base::Nanoseconds later) {
    return std::chrono::duration_cast<std::chrono::seconds>(
               (base::unix_now() + later).time_since_epoch())
        .count();
}

/// What the command line adds to the set.
Result<> add_bounds(Poco::JSON::Object& set, const Arguments& arguments) {
    if (!set.has("timestamp"))
        set.set("timestamp",
                std::chrono::duration<double>(base::unix_now().time_since_epoch()).count());
    if (arguments.has("role")) set.set("role", arguments.value("role"));
    if (arguments.has("expires")) {
        const auto later = base::parse_duration(arguments.value("expires"));
        if (!later)
            return base::fail("", "cannot read --expires " + arguments.value("expires"),
                              "write a time such as 30m or 24h");
        set.set("expires", seconds_from_now(*later));
    }
    if (arguments.has("sequence")) {
        const auto text = arguments.value("sequence");
        std::int64_t number = 0;
        const auto end = text.data() + text.size();
        if (std::from_chars(text.data(), end, number).ptr != end || text.empty())
            return base::fail("", "cannot read --sequence " + text, "write a whole number");
        set.set("sequence", number);
    }
    return {};
}

/// The command file for what stands in `path`.
Result<std::string> signed_file(const std::string& path, const Arguments& arguments) {
    const auto text = file_text(path);
    if (!text) return tl::unexpected(text.error());
    const auto refused = [&path](base::Problem problem) {
        problem.where = path;
        return tl::unexpected(std::move(problem));
    };
    auto set = commands::parse_strictly(in_one_line(*text));
    if (!set) return refused(set.error());
    if (const auto added = add_bounds(**set, arguments); !added)
        return tl::unexpected(added.error());
    std::ostringstream line;
    (*set)->stringify(line);
    if (const auto taken = commands::parse_command_set(line.str()); !taken)
        return refused(taken.error());
    const auto signature = commands::sign(line.str(), arguments.value("key"));
    if (!signature) return tl::unexpected(signature.error());
    return commands::join(line.str(), *signature);
}

int sign(const Arguments& arguments) {
    if (!arguments.has("key") || arguments.words.size() != 2)
        return misused(
            {"", "cannot sign without one file and --key", "see 'cmix-wrapper command --help'"});
    const auto file = signed_file(arguments.words[1], arguments);
    if (!file) return failure(file.error());
    print(*file);
    return ExitStatus::done;
}

std::string described(const std::string& path, const commands::CommandSet& set) {
    const auto time = [](double seconds) {
        return base::to_rfc3339(base::UnixTime(base::Nanoseconds(std::llround(seconds * 1e9))));
    };
    auto text = fmt::format("{}: good, of {}", path, time(set.timestamp));
    if (set.role) text += fmt::format(", for the role {}", *set.role);
    if (set.expires) text += fmt::format(", until {}", time(*set.expires));
    if (set.sequence) text += fmt::format(", number {}", *set.sequence);
    text = printable(text) + "\n";
    for (const auto& command : set.commands) {
        auto line = commands::in_words(command);
        for (const auto& node : command.nodes)
            line += fmt::format("{}{}", &node == &command.nodes.front() ? ", only on " : " ", node);
        text += "  " + printable(line) + "\n";
    }
    return text;
}

/// The role that a file names; "" if it names none.
std::string role_in(const std::string& text) {
    const auto parts = commands::split(text);
    if (!parts) return {};
    const auto set = commands::parse_command_set(parts->line);
    return set ? set->role.value_or("") : "";
}

int verify(const Arguments& arguments) {
    if (!arguments.has("certificate"))
        return misused(
            {"", "cannot verify without --certificate", "see 'cmix-wrapper command --help'"});
    const auto certificate = commands::Certificate::load(arguments.value("certificate"));
    if (!certificate) return failure(certificate.error());
    int status = ExitStatus::done;
    for (std::size_t i = 1; i < arguments.words.size(); ++i) {
        const auto& path = arguments.words[i];
        const auto text = file_text(path);
        if (!text) {
            status = failure(text.error());
            continue;
        }
        const auto role = arguments.has("role") ? arguments.value("role") : role_in(*text);
        const auto judged =
            commands::judge(*text, *certificate, {role, false}, {}, base::unix_now());
        if (judged.kind == commands::Judgement::Kind::news)
            print(described(path, judged.set));
        else
            status = failure(base::Problem{path, judged.why, ""});
    }
    return status;
}

int decide(const Arguments& arguments, const std::string& verb) {
    if (arguments.words.size() != 2)
        return misused({"", "cannot decide without the name of one command source",
                        "see 'cmix-wrapper status'"});
    const auto client = client_of(arguments);
    if (!client) return client.error();
    const auto answer = client->post("/v1/orders/" + escaped(arguments.words[1]) + "/" + verb);
    if (!answer) return failure(answer.error());
    print(verb == "approve" ? "approved\n" : "declined\n");
    return ExitStatus::done;
}

} // namespace

int command(const Arguments& arguments) {
    const auto& verb = arguments.words.front();
    if (verb == "sign") return sign(arguments);
    if (verb == "verify") return verify(arguments);
    if (verb == "approve" || verb == "decline") return decide(arguments, verb);
    const std::vector<std::string> known{"sign", "verify", "approve", "decline"};
    const auto near = base::nearest(verb, known);
    return misused({"", fmt::format("cannot understand 'command {}'", verb),
                    near.empty() ? "use sign, verify, approve or decline"
                                 : fmt::format("did you mean '{}'?", near)});
}

} // namespace cmw::app
