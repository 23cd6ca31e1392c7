// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/option_check.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <toml++/toml.h>

namespace cmw::plugin_host {

namespace {

using config::OptionSpec;
using config::OptionType;

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number{};
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end) return std::nullopt;
    return number;
}

bool is_ordered(OptionType type) {
    return type == OptionType::integer || type == OptionType::number ||
           type == OptionType::duration || type == OptionType::size;
}

/// The value of a text of an ordered type. As long double, which holds every int64_t.
std::optional<long double> parse_ordered(OptionType type, std::string_view text) {
    const auto widen = [](const auto& value) -> std::optional<long double> {
        if (!value) return std::nullopt;
        return static_cast<long double>(*value);
    };
    if (type == OptionType::integer) return widen(parse_number<std::int64_t>(text));
    if (type == OptionType::size) return widen(base::parse_size(text));
    if (type == OptionType::duration) {
        const auto duration = base::parse_duration(text);
        if (!duration) return std::nullopt;
        return static_cast<long double>(duration->count());
    }
    const auto number = parse_number<double>(text);
    return number && std::isfinite(*number) ? widen(number) : std::nullopt;
}

/// Whether `text` is a TOML array or inline table of strings.
bool is_collection(OptionType type, const std::string& text,
                   const std::vector<std::string>& choices) {
    try {
        const auto document = toml::parse("value = " + text);
        if (document.size() != 1) return false;
        const auto allowed = [&](const toml::node& node) {
            const auto value = node.value_exact<std::string>();
            return value && (choices.empty() || std::ranges::count(choices, *value) > 0);
        };
        if (const auto* list = document["value"].as_array(); list != nullptr)
            return type == OptionType::list && std::ranges::all_of(*list, allowed);
        const auto* map = document["value"].as_table();
        return map != nullptr && type == OptionType::map &&
               std::ranges::all_of(*map, [&](const auto& pair) { return allowed(pair.second); });
    } catch (const toml::parse_error&) {
        return false;
    }
}

std::string limits_fault(const OptionSpec& option) {
    if (!option.minimum && !option.maximum) return {};
    if (!is_ordered(option.type)) return "has a limit, but a type that knows no order";
    const auto low = option.minimum ? parse_ordered(option.type, *option.minimum)
                                    : std::optional<long double>(-HUGE_VALL);
    const auto high = option.maximum ? parse_ordered(option.type, *option.maximum)
                                     : std::optional<long double>(HUGE_VALL);
    if (!low) return fmt::format("has a minimum that is no {}", name(option.type));
    if (!high) return fmt::format("has a maximum that is no {}", name(option.type));
    return *low > *high ? "has a minimum above its maximum" : "";
}

/// The limits are known to be fine.
std::string fallback_fault(const OptionSpec& option) {
    if (!option.fallback) return {};
    const auto& text = *option.fallback;
    const auto wrong_type = fmt::format("has a fallback that is no {}", name(option.type));
    if (is_ordered(option.type)) {
        const auto value = parse_ordered(option.type, text);
        if (!value) return wrong_type;
        const bool low = option.minimum && *value < *parse_ordered(option.type, *option.minimum);
        const bool high = option.maximum && *value > *parse_ordered(option.type, *option.maximum);
        return low || high ? "has a fallback outside its limits" : "";
    }
    if (option.type == OptionType::boolean)
        return text == "true" || text == "false" ? "" : wrong_type;
    if (option.type == OptionType::list || option.type == OptionType::map)
        return is_collection(option.type, text, option.choices) ? "" : wrong_type;
    const bool chosen = option.choices.empty() || std::ranges::count(option.choices, text) > 0;
    return chosen ? "" : "has a fallback that is not among its choices";
}

bool is_option_name(std::string_view name) {
    while (true) {
        const auto dot = name.find('.');
        if (!is_plugin_name(name.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        name.remove_prefix(dot + 1);
    }
}

} // namespace

bool is_plugin_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

std::string option_fault(const OptionSpec& option) {
    if (!is_option_name(option.name)) return "has a name that is not of a-z, 0-9, \"-\" and \".\"";
    if (option.help.empty()) return "has no help";
    if (!option.choices.empty() && option.type != OptionType::string &&
        option.type != OptionType::list)
        return "has choices, but is not of strings";
    if (auto fault = limits_fault(option); !fault.empty()) return fault;
    return fallback_fault(option);
}

std::string options_fault(std::span<const OptionSpec> options,
                          std::span<const std::string_view> reserved) {
    for (const auto& option : options) {
        const auto first = option.name.substr(0, option.name.find('.'));
        if (std::ranges::count(reserved, first) > 0)
            return fmt::format("option \"{}\" has a name that the host itself reads there",
                               option.name);
        for (const auto& other : options) {
            if (&other == &option) continue;
            if (other.name == option.name)
                return fmt::format("option \"{}\" is declared twice", option.name);
            if (other.name.starts_with(option.name + "."))
                return fmt::format("option \"{}\" is the table of \"{}\" as well", option.name,
                                   other.name);
        }
    }
    return {};
}

} // namespace cmw::plugin_host
