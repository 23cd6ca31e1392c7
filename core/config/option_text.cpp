// SPDX-License-Identifier: Apache-2.0
#include "config/option_text.hpp"

#include "base/text.hpp"

#include <charconv>
#include <fmt/format.h>

namespace cmw::config {

namespace {

template <class T>
std::optional<T> parse_number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

} // namespace

std::string_view how_to_write(OptionType type) {
    switch (type) {
    case OptionType::boolean:
        return "write true or false";
    case OptionType::integer:
        return "write a whole number, such as 5";
    case OptionType::number:
        return "write a number, such as 0.5";
    case OptionType::list:
        return R"(write a list of strings, such as ["a", "b"])";
    case OptionType::map:
        return R"(write a table of strings, such as { a = "x" })";
    case OptionType::duration:
        return R"(write a string with a unit, such as "30s" or "5m")";
    case OptionType::size:
        return R"(write a string with a unit, such as "64KiB" or "2GiB")";
    case OptionType::path:
        return R"(write a path in quotes, such as "/var/lib/x")";
    case OptionType::secret:
        return R"(write { file = "PATH" } or { env = "NAME" }, or the text in quotes)";
    case OptionType::string:
        break;
    }
    return R"(write a text in quotes, or { env = "NAME" } or { file = "PATH" })";
}

bool is_text(OptionType type) {
    return type == OptionType::string || type == OptionType::path || type == OptionType::secret;
}

std::optional<Number> parse_scalar(OptionType type, std::string_view text) {
    switch (type) {
    case OptionType::integer:
        if (const auto integer = parse_number<std::int64_t>(text)) return *integer;
        return std::nullopt;
    case OptionType::number:
        if (const auto number = parse_number<double>(text)) return *number;
        return std::nullopt;
    case OptionType::duration:
        if (const auto duration = base::parse_duration(text)) return duration->count();
        return std::nullopt;
    case OptionType::size:
        if (const auto size = base::parse_size(text)) return *size;
        return std::nullopt;
    default:
        return std::nullopt;
    }
}

std::string with_article(OptionType type) {
    return fmt::format("{} {}", type == OptionType::integer ? "an" : "a", name(type));
}

} // namespace cmw::config
