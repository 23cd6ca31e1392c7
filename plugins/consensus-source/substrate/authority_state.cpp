// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/authority_state.hpp"

#include "shared/hex.hpp"
#include "shared/small_file.hpp"

#include <cmw/error.hpp>

#include <algorithm>
#include <charconv>
#include <sstream>

namespace cmw::substrate {
namespace {

constexpr std::string_view title =
    "# What is proven of the chain. Without this file, trust begins again at the checkpoint.\n";
constexpr std::size_t largest_file = 1U << 20; ///< Bytes; a thousand authorities have 90 kB.
constexpr std::string_view checksum = "checksum ";

std::string sum_of(std::string_view text) {
    return shared::to_hex(
        blake2b_256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
}

[[noreturn]] void refuse() {
    throw Error(CMW_INVALID, "cannot use what was kept of the chain's authorities: it is not what "
                             "was written");
}

Hash parse_hash(std::string_view text) {
    const auto bytes = shared::from_hex(text);
    Hash hash{};
    if (!bytes || bytes->size() != hash.size()) refuse();
    std::ranges::copy(*bytes, hash.begin());
    return hash;
}

std::uint64_t parse_number(std::string_view text) {
    std::uint64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || at != end) refuse();
    return number;
}

} // namespace

std::string to_text(const AuthorityState& state) {
    std::ostringstream text;
    text << title << "checkpoint " << shared::to_hex(state.checkpoint) << "\nset " << state.set.id
         << "\nsince " << state.since << ' ' << shared::to_hex(state.since_hash) << "\nread "
         << state.read << '\n';
    for (const auto& [key, weight] : state.set.authorities)
        text << "authority " << shared::to_hex(key) << ' ' << weight << '\n';
    return text.str() + std::string(checksum) + sum_of(text.str()) + '\n';
}

AuthorityState parse_authority_state(const std::string& text) {
    const auto end = text.rfind(checksum);
    if (end == std::string::npos) refuse();
    const auto body = text.substr(0, end);
    if (text.substr(end) != std::string(checksum) + sum_of(body) + '\n') refuse();
    AuthorityState state;
    std::istringstream lines(body);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string name;
        std::string first;
        std::string second;
        words >> name >> first >> second;
        if (name == "checkpoint") state.checkpoint = parse_hash(first);
        if (name == "set") state.set.id = parse_number(first);
        if (name == "since") {
            state.since = parse_number(first);
            state.since_hash = parse_hash(second);
        }
        if (name == "read") state.read = parse_number(first);
        if (name == "authority")
            state.set.authorities.push_back({parse_hash(first), parse_number(second)});
    }
    return state;
}

std::optional<AuthorityState> load_authority_state(const std::string& path) try {
    const auto file = shared::read_small_file(path, largest_file);
    if (!file) return std::nullopt;
    return parse_authority_state(file->text);
} catch (const std::system_error& e) {
    throw Error(CMW_AGAIN, e.what());
}

void save_authority_state(const std::string& path, const AuthorityState& state) try {
    shared::replace_small_file(path, to_text(state));
} catch (const std::system_error& e) {
    throw Error(CMW_AGAIN, e.what());
}

} // namespace cmw::substrate
