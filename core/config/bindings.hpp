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

} // namespace cmw::config
