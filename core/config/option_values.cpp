// SPDX-License-Identifier: Apache-2.0
#include "config/option_values.hpp"

#include "base/text.hpp"
#include "config/loader.hpp"
#include "config/option_text.hpp"
#include "config/secret.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cmw::config {

namespace {

/// The text would end there for the kernel, and for plugins that are written in C.
bool is_free_of_nul(const std::string& text, const Position& position, const OptionSpec& spec,
                    const Reading& reading) {
    if (text.find('\0') == std::string::npos) return true;
    reading.report.add(position,
                       fmt::format("cannot use this text for '{}': it holds a NUL byte", spec.name),
                       "remove the NUL");
    return false;
}

/// Reads one value; every problem goes to the report.
class ValueReader {
  public:
    ValueReader(const OptionSpec& spec, const Reading& reading) : spec_(spec), reading_(reading) {}

    bool read(const Node& node, OptionValue& value) {
        value.position = node.position;
        switch (spec_.type) {
        case OptionType::boolean:
            return read_boolean(node, value);
        case OptionType::integer:
        case OptionType::number:
            return read_number(node, value);
        case OptionType::list:
            return read_list(node, value);
        case OptionType::map:
            return read_map(node, value);
        case OptionType::duration:
        case OptionType::size:
            return read_with_unit(node, value);
        default:
            return read_string(node, value);
        }
    }

  private:
    void wrong_kind(const Node& node) {
        reading_.report.add(node.position,
                            fmt::format("cannot use {} for '{}': {} is expected", name(node.kind),
                                        spec_.name, with_article(spec_.type)),
                            std::string(how_to_write(spec_.type)));
    }

    bool read_boolean(const Node& node, OptionValue& value) {
        if (node.kind != Node::Kind::boolean) return wrong_kind(node), false;
        value.value = node.integer;
        return true;
    }

    bool read_number(const Node& node, OptionValue& value) {
        const bool wants_number = spec_.type == OptionType::number;
        if (node.kind == Node::Kind::integer && wants_number) {
            value.value = static_cast<double>(node.integer);
        } else if (node.kind == Node::Kind::integer) {
            value.value = node.integer;
        } else if (node.kind == Node::Kind::number && wants_number && std::isfinite(node.number)) {
            value.value = node.number;
        } else {
            return wrong_kind(node), false;
        }
        return in_range(node.position, value);
    }

    bool read_with_unit(const Node& node, OptionValue& value) {
        if (node.kind != Node::Kind::string && !is_reference(node)) return wrong_kind(node), false;
        const auto text = read_text(node, spec_, value.secret, reading_);
        if (!text) return false;
        const auto parsed = parse_scalar(spec_.type, *text);
        if (!parsed) {
            reading_.report.add(node.position,
                                fmt::format("cannot use {} for '{}': it is not a {} with a unit",
                                            shown(*text, value.secret), spec_.name,
                                            name(spec_.type)),
                                std::string(how_to_write(spec_.type)));
            return false;
        }
        value.value = std::get<std::int64_t>(*parsed);
        return in_range(node.position, value);
    }

    bool read_string(const Node& node, OptionValue& value) {
        auto text = read_text(node, spec_, value.secret, reading_);
        if (!text || !is_choice(node.position, *text, value.secret)) return false;
        if (spec_.type == OptionType::path) {
            if (text->empty()) {
                reading_.report.add(node.position,
                                    fmt::format("cannot use an empty path for '{}'", spec_.name),
                                    "name a file or folder");
                return false;
            }
            text = reading_.document.resolve(*text, node.position);
        }
        value.value = std::move(*text);
        return true;
    }

    bool read_list(const Node& node, OptionValue& value) {
        if (node.kind != Node::Kind::list) return wrong_kind(node), false;
        OptionList list;
        bool good = true;
        for (const auto& item : node.items) {
            auto text = read_text(item, spec_, value.secret, reading_);
            good = text && is_choice(item.position, *text, value.secret) && good;
            if (good) list.push_back(std::move(*text));
        }
        value.value = std::move(list);
        return good;
    }

    bool read_map(const Node& node, OptionValue& value) {
        if (node.kind != Node::Kind::table) return wrong_kind(node), false;
        OptionMap map;
        bool good = true;
        for (const auto& entry : node.entries) {
            auto text = read_text(entry.value, spec_, value.secret, reading_);
            good = is_free_of_nul(entry.key, entry.position, spec_, reading_) && text && good;
            if (good) map.emplace_back(entry.key, std::move(*text));
        }
        value.value = std::move(map);
        return good;
    }

    bool is_choice(const Position& position, const std::string& text, bool secret) {
        if (spec_.choices.empty() || std::ranges::count(spec_.choices, text) > 0) return true;
        const auto near = base::nearest(text, spec_.choices);
        reading_.report.add(position,
                            fmt::format("cannot use {} for '{}': it is not among the choices",
                                        shown(text, secret), spec_.name),
                            near.empty() || secret ? fmt::format("write one of \"{}\"",
                                                                 fmt::join(spec_.choices, "\", \""))
                                                   : fmt::format("did you mean \"{}\"?", near));
        return false;
    }

    template <class T>
    bool within(const T& value) const {
        const auto limit = [&](const std::optional<std::string>& text) {
            return text ? parse_scalar(spec_.type, *text) : std::nullopt;
        };
        const auto minimum = limit(spec_.minimum);
        const auto maximum = limit(spec_.maximum);
        return (!minimum || value >= std::get<T>(*minimum)) &&
               (!maximum || value <= std::get<T>(*maximum));
    }

    bool in_range(const Position& position, const OptionValue& value) {
        const auto* integer = std::get_if<std::int64_t>(&value.value);
        if (integer != nullptr ? within(*integer) : within(std::get<double>(value.value)))
            return true;
        std::string fix = "write ";
        if (spec_.minimum) fix += fmt::format("at least {}", *spec_.minimum);
        if (spec_.minimum && spec_.maximum) fix += " and ";
        if (spec_.maximum) fix += fmt::format("at most {}", *spec_.maximum);
        reading_.report.add(
            position, fmt::format("cannot use this value for '{}': it is out of range", spec_.name),
            std::move(fix));
        return false;
    }

    static std::string shown(const std::string& text, bool secret) {
        return secret ? "this secret text" : fmt::format("\"{}\"", text);
    }

    const OptionSpec& spec_;
    const Reading& reading_;
};

/// The declared fallback as a node: what is not a text in TOML is parsed as such.
std::optional<Node> fallback_node(const OptionSpec& spec) {
    const bool is_string =
        is_text(spec.type) || spec.type == OptionType::duration || spec.type == OptionType::size;
    if (is_string) {
        Node node;
        node.kind = Node::Kind::string;
        node.text = *spec.fallback;
        return node;
    }
    const auto document = parse_document("value = " + *spec.fallback, {});
    const Node* found = document ? (*document)->root().find("value") : nullptr;
    if (found == nullptr) return std::nullopt;
    auto node = *found;
    node.position = {};
    return node;
}

OptionValue read_fallback(const OptionSpec& spec, const Position& table, const Reading& reading) {
    OptionValue value;
    value.type = spec.type;
    value.secret = spec.type == OptionType::secret;
    if (!spec.fallback) return value;
    Report faults;
    const auto node = fallback_node(spec);
    if (!node || !ValueReader(spec, {reading.document, faults}).read(*node, value)) {
        reading.report.add(table,
                           fmt::format("cannot use the default of '{}': the plugin declares \"{}\"",
                                       spec.name, *spec.fallback),
                           "give the option a value here, and tell the plugin's author");
        value.value = std::monostate{};
    }
    value.position = {};
    return value;
}

} // namespace

std::optional<std::string> read_text(const Node& node, const OptionSpec& spec, bool& secret,
                                     const Reading& reading) {
    std::string text;
    if (is_reference(node)) {
        secret = true;
        auto found = read_reference(node, reading.document, spec.type == OptionType::secret);
        if (!found) {
            reading.report.add(node.position,
                               fmt::format("{} (for '{}')", found.error().what, spec.name),
                               found.error().fix);
            return std::nullopt;
        }
        text = std::move(*found);
    } else if (node.kind == Node::Kind::string) {
        text = node.text;
    } else {
        const bool in_list = spec.type == OptionType::list || spec.type == OptionType::map;
        const auto type = in_list ? OptionType::string : spec.type;
        reading.report.add(node.position,
                           fmt::format("cannot use {} {} '{}': {} is expected", name(node.kind),
                                       in_list ? "in" : "for", spec.name, with_article(type)),
                           std::string(how_to_write(type)));
        return std::nullopt;
    }
    if (!is_free_of_nul(text, node.position, spec, reading)) return std::nullopt;
    return text;
}

OptionValue read_option(const OptionSpec& spec, const Entry* entry, const Position& table,
                        const Reading& reading) {
    if (entry == nullptr) {
        if (spec.required)
            reading.report.add(
                table, fmt::format("cannot do without the key '{}': it is required", spec.name),
                fmt::format("add it: {}", spec.help));
        return read_fallback(spec, table, reading);
    }
    if (spec.deprecated)
        reading.report.warn(entry->position, fmt::format("the key '{}' is deprecated", spec.name),
                            spec.help);
    OptionValue value;
    value.type = spec.type;
    value.secret = spec.type == OptionType::secret;
    if (ValueReader(spec, reading).read(entry->value, value)) return value;
    return read_fallback(spec, table, reading);
}

} // namespace cmw::config
