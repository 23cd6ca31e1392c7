// SPDX-License-Identifier: Apache-2.0
#include "commands/command_set.hpp"

#include "base/text.hpp"
#include "commands/strict_json.hpp"

#include <Poco/JSON/Array.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <span>

namespace cmw::commands {

using base::Result;
using Poco::JSON::Array;
using Poco::JSON::Object;

namespace {

constexpr std::array<std::string_view, 2> running{"binary", "logger"};
constexpr std::array<std::string_view, 5> files{"binary", "libpow", "fatbin", "wrapper", "cert"};
constexpr std::size_t max_commands = 100;
constexpr std::size_t max_text = 1000;
constexpr double latest = 253'402'300'799; ///< The end of the year 9999.
constexpr double longest_delay = 7.0 * 24 * 3600 * 1000;

tl::unexpected<base::Problem> refused(std::string why) {
    return base::fail("", "cannot take the command set: " + std::move(why));
}

Result<> only(const Object& object, std::span<const std::string_view> known,
              std::string_view where) {
    for (const auto& [name, value] : object)
        if (std::ranges::find(known, name) == known.end())
            return refused(fmt::format("\"{}\" in {} is not known", name, where));
    return {};
}

Result<std::string> text_of(const Poco::Dynamic::Var& value, std::string_view name) {
    if (!value.isString()) return refused(fmt::format("\"{}\" is no text", name));
    auto text = value.extract<std::string>();
    if (text.empty() || text.size() > max_text)
        return refused(fmt::format("\"{}\" is empty or too long", name));
    return text;
}

Result<double> number_of(const Poco::Dynamic::Var& value, std::string_view name, double maximum) {
    if (!value.isNumeric() || value.isBoolean())
        return refused(fmt::format("\"{}\" is no number", name));
    const auto number = value.convert<double>();
    if (!std::isfinite(number) || number < 0 || number > maximum)
        return refused(fmt::format("\"{}\" is out of range", name));
    return number;
}

Result<Verb> verb_of(const Object& object) {
    const auto word = text_of(object.get("command"), "command");
    if (!word) return tl::unexpected(word.error());
    for (const auto verb : {Verb::start, Verb::stop, Verb::delay, Verb::update})
        if (name(verb) == *word) return verb;
    return refused(fmt::format("the command \"{}\" is not known", *word));
}

Result<> read_target(const Object& object, Command& command) {
    const std::span<const std::string_view> known =
        command.verb == Verb::update ? std::span<const std::string_view>(files) : running;
    const auto target = text_of(object.get("target"), "target");
    if (!target) return tl::unexpected(target.error());
    if (std::ranges::find(known, *target) == known.end())
        return refused(fmt::format("\"{}\" has no target \"{}\"", name(command.verb), *target));
    command.target = *target;
    return {};
}

Result<> read_nodes(const Object& object, Command& command) {
    if (!object.has("nodes") || object.isNull("nodes")) return {};
    const auto nodes = object.getArray("nodes");
    if (!nodes) return refused("\"nodes\" is no list");
    for (const auto& node : *nodes) {
        auto id = text_of(node, "nodes");
        if (!id) return tl::unexpected(id.error());
        command.nodes.push_back(std::move(*id));
    }
    return {};
}

Result<> read_update(const Object& info, Command& command) {
    auto path = text_of(info.get("path"), "path");
    if (!path) return tl::unexpected(path.error());
    auto hash = text_of(info.get("hash"), "hash");
    if (!hash) return tl::unexpected(hash.error());
    if (hash->starts_with("0x")) hash->erase(0, 2);
    if (const auto bytes = base::from_hex(*hash); !bytes || bytes->size() != 32)
        return refused("\"hash\" is not 64 hexadecimal digits");
    command.path = std::move(*path);
    command.hash = std::move(*hash);
    return {};
}

Result<> read_delay(const Object& info, Command& command) {
    const auto time = number_of(info.get("time"), "time", longest_delay);
    if (!time) return tl::unexpected(time.error());
    command.delay = base::Nanoseconds(std::llround(*time * 1e6));
    return {};
}

Result<> read_info(const Object& object, Command& command) {
    const bool needed = command.verb == Verb::delay || command.verb == Verb::update;
    const auto info = object.getObject("info");
    if (!info && (needed || (object.has("info") && !object.isNull("info"))))
        return refused(fmt::format("\"{}\" has no \"info\"", name(command.verb)));
    if (!needed) return {};
    static constexpr std::array<std::string_view, 1> of_delay{"time"};
    static constexpr std::array<std::string_view, 2> of_update{"path", "hash"};
    const bool delays = command.verb == Verb::delay;
    if (const auto known = only(
            *info, delays ? std::span<const std::string_view>(of_delay) : of_update, "\"info\"");
        !known)
        return known;
    return delays ? read_delay(*info, command) : read_update(*info, command);
}

Result<Command> parse_command(const Poco::Dynamic::Var& value) {
    static constexpr std::array<std::string_view, 4> known{"command", "target", "nodes", "info"};
    if (value.type() != typeid(Object::Ptr)) return refused("a command is no object");
    const auto& object = *value.extract<Object::Ptr>();
    if (const auto fits = only(object, known, "a command"); !fits)
        return tl::unexpected(fits.error());
    Command command;
    const auto verb = verb_of(object);
    if (!verb) return tl::unexpected(verb.error());
    command.verb = *verb;
    if (command.verb != Verb::delay)
        if (const auto read = read_target(object, command); !read)
            return tl::unexpected(read.error());
    if (const auto read = read_nodes(object, command); !read) return tl::unexpected(read.error());
    if (const auto read = read_info(object, command); !read) return tl::unexpected(read.error());
    return command;
}

/// "role", "expires" and "sequence", where they are.
Result<> read_bounds(const Object& object, CommandSet& set) {
    if (object.has("role")) {
        auto role = text_of(object.get("role"), "role");
        if (!role) return tl::unexpected(role.error());
        set.role = std::move(*role);
    }
    if (object.has("expires")) {
        const auto expires = number_of(object.get("expires"), "expires", latest);
        if (!expires) return tl::unexpected(expires.error());
        set.expires = *expires;
    }
    if (object.has("sequence")) {
        const auto value = object.get("sequence");
        if (!value.isInteger() || value.isBoolean() || value.convert<double>() < 0 ||
            value.convert<double>() > 9e15)
            return refused("\"sequence\" is no whole number");
        set.sequence = value.convert<std::int64_t>();
    }
    return {};
}

Result<CommandSet> read_set(const Object& object) {
    static constexpr std::array<std::string_view, 5> known{"timestamp", "commands", "role",
                                                           "expires", "sequence"};
    if (const auto fits = only(object, known, "it"); !fits) return tl::unexpected(fits.error());
    CommandSet set;
    const auto timestamp = number_of(object.get("timestamp"), "timestamp", latest);
    if (!timestamp) return tl::unexpected(timestamp.error());
    set.timestamp = *timestamp;
    if (const auto read = read_bounds(object, set); !read) return tl::unexpected(read.error());
    const auto commands = object.getArray("commands");
    if (!commands) return refused("\"commands\" is no list");
    if (commands->size() > max_commands)
        return refused(fmt::format("it has more than {} commands", max_commands));
    for (const auto& value : *commands) {
        auto command = parse_command(value);
        if (!command) return tl::unexpected(command.error());
        set.commands.push_back(std::move(*command));
    }
    return set;
}

} // namespace

std::string_view name(Verb verb) {
    switch (verb) {
    case Verb::start:
        return "start";
    case Verb::stop:
        return "stop";
    case Verb::delay:
        return "delay";
    case Verb::update:
        return "update";
    }
    return "unknown";
}

Result<CommandSet> parse_command_set(std::string_view line) {
    const auto object = parse_strictly(line);
    if (!object) return tl::unexpected(object.error());
    try {
        return read_set(**object);
    } catch (const Poco::Exception& error) {
        return refused(error.displayText()); // A number that does not fit.
    }
}

std::string in_words(const Command& command) {
    std::string words(name(command.verb));
    if (command.verb == Verb::delay) return words + " " + base::format_duration(command.delay);
    words += " " + command.target;
    if (command.verb == Verb::update) words += " to " + command.hash.substr(0, 12);
    return words;
}

} // namespace cmw::commands
