// SPDX-License-Identifier: Apache-2.0
//
// config/bindings.hpp - how what was read for a key becomes a member of settings: one put() for
// each type of member. Only for the files that declare tables.
#pragma once

#include "config/declarations.hpp"

namespace cmw::config {

inline void put(std::string& to, const KeyValue& from) {
    to = std::get<std::string>(from.value.value);
}
inline void put(bool& to, const KeyValue& from) {
    to = std::get<std::int64_t>(from.value.value) != 0;
}
inline void put(std::int64_t& to, const KeyValue& from) {
    to = std::get<std::int64_t>(from.value.value);
}
inline void put(Nanoseconds& to, const KeyValue& from) {
    to = Nanoseconds(std::get<std::int64_t>(from.value.value));
}
inline void put(std::optional<Nanoseconds>& to, const KeyValue& from) {
    put(to.emplace(), from);
}
inline void put(std::optional<std::int64_t>& to, const KeyValue& from) {
    put(to.emplace(), from);
}
inline void put(std::vector<std::string>& to, const KeyValue& from) {
    to = std::get<OptionList>(from.value.value);
}
inline void put(std::map<std::string, std::string>& to, const KeyValue& from) {
    for (const auto& [key, value] : std::get<OptionMap>(from.value.value)) to[key] = value;
}
inline void put(mode_t& to, const KeyValue& from) {
    to = parse_mode(std::get<std::string>(from.value.value)).value_or(to);
}
inline void put(std::optional<base::Digest>& to, const KeyValue& from) {
    to = base::parse_digest(std::get<std::string>(from.value.value), "sha-256");
}
inline void put(StartWhen& to, const KeyValue& from) {
    to = std::get<std::string>(from.value.value) == "ready" ? StartWhen::ready : StartWhen::always;
}
inline void put(Restart& to, const KeyValue& from) {
    const auto& text = std::get<std::string>(from.value.value);
    to = text == "always"  ? Restart::always
         : text == "never" ? Restart::never
                           : Restart::on_failure;
}
inline void put(std::optional<Activate>& to, const KeyValue& from) {
    const auto& text = std::get<std::string>(from.value.value);
    to = text == "manual"   ? Activate::manual
         : text == "window" ? Activate::window
                            : Activate::at_once;
}
inline void put(std::vector<base::WeeklyWindow>& to, const KeyValue& from) {
    to.clear();
    for (const auto& text : std::get<OptionList>(from.value.value))
        if (auto window = base::parse_window(text)) to.push_back(std::move(*window));
}
inline void put(UseSettings& to, const KeyValue& from) {
    if (!from.uses.empty()) to = from.uses.front();
}
inline void put(std::vector<UseSettings>& to, const KeyValue& from) {
    to = from.uses;
}

template <class M>
struct Owner;
template <class S, class T>
struct Owner<T S::*> {
    using Type = S;
};
template <auto Member>
using OwnerOf = typename Owner<decltype(Member)>::Type;

/// A key that goes into one member.
template <auto Member>
Binding<OwnerOf<Member>> key(Key declared) {
    return {std::move(declared),
            [](OwnerOf<Member>& settings, const KeyValue& value) { put(settings.*Member, value); }};
}

/// The keys that say when a new file takes its place, the same for components and services.
template <class S>
std::vector<Binding<S>> activation_keys(std::string_view default_note) {
    using A = ActivationSettings;
    const auto of = []<auto Member>(Key declared) -> Binding<S> {
        return {std::move(declared), [](S& settings, const KeyValue& value) {
                    put(settings.activation.*Member, value);
                }};
    };
    return {
        of.template operator()<&A::when>(
            {.spec = {.name = "activation",
                      .choices = {"at-once", "manual", "window"},
                      .help = "When a newly approved file takes its place: \"at-once\"; "
                              "\"manual\": after `approve`; \"window\": while one of `windows` "
                              "is open."},
             .example = R"("window")",
             .default_note = default_note}),
        of.template operator()<&A::windows>(
            {.spec = {.name = "windows",
                      .type = OptionType::list,
                      .help = "Times of the week, in UTC: \"Sat 02:00-04:00\", \"02:00-03:00\", "
                              "\"Mon-Fri 22:00-01:00\"."},
             .refine = check_windows,
             .example = R"(["Sat 02:00-04:00 UTC"])",
             .default_note = "none"}),
        of.template operator()<&A::spread>(
            {.spec = {.name = "spread",
                      .type = OptionType::duration,
                      .maximum = "7d",
                      .help = "A random part of this time is waited before a new file is "
                              "activated, so that not all nodes of a network restart at once."},
             .example = R"("30m")",
             .default_note = "no delay"})};
}

} // namespace cmw::config
