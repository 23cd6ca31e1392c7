// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/cosmos/binary.hpp"

#include "consensus-source/cosmos/json.hpp"
#include "shared/hex.hpp"

#include <cmw/error.hpp>

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <map>
#include <sys/utsname.h>

namespace cmw::cosmos {
namespace {

struct Algorithm {
    std::string_view name; ///< In URLs and options.
    const char* host;      ///< In the host's words.
    std::size_t size;
};
constexpr Algorithm algorithms[] = {
    {"sha256", "sha-256", 32},  {"sha512", "sha-512", 64},          {"sha-256", "sha-256", 32},
    {"sha-512", "sha-512", 64}, {"blake2s-256", "blake2s-256", 32},
};

/// `what` is wrong, and what an operator can do.
[[noreturn]] void refuse(const std::string& what) {
    throw Error(CMW_INVALID,
                what + ": fetch and check it yourself, then run cmix-wrapper pin COMPONENT --file "
                       "PATH");
}

std::string decoded(std::string_view text) {
    std::string plain;
    try {
        Poco::URI::decode(std::string(text), plain);
    } catch (const Poco::Exception&) {
        return std::string(text);
    }
    return plain;
}

/// Splits at the first `separator`; the second part is empty if there is none.
std::pair<std::string_view, std::string_view> split(std::string_view text, char separator) {
    const auto at = text.find(separator);
    if (at == text.npos) return {text, {}};
    return {text.substr(0, at), text.substr(at + 1)};
}

} // namespace

std::string this_platform() {
    static const std::map<std::string, std::string, std::less<>> go_names{
        {"x86_64", "amd64"}, {"aarch64", "arm64"}, {"i686", "386"},
        {"i386", "386"},     {"armv7l", "arm"},    {"armv6l", "arm"}};
    utsname names{};
    if (::uname(&names) != 0)
        throw std::system_error(errno, std::generic_category(), "cannot tell the machine");
    const std::string machine = names.machine; // "riscv64", "ppc64le", "s390x": as Go has it.
    const auto found = go_names.find(machine);
    return "linux/" + (found == go_names.end() ? machine : found->second);
}

Binary parse_digest(std::string_view text) {
    const auto [name, hex] = split(text, ':');
    const bool named = text.find(':') != text.npos;
    const auto bytes = shared::from_hex(named ? hex : text);
    for (const auto& algorithm : algorithms) {
        if (named && algorithm.name != name) continue;
        if (bytes && bytes->size() == algorithm.size) return {algorithm.host, *bytes, {}};
        if (named)
            throw Error(CMW_INVALID, "the " + std::string(name) + " checksum is not " +
                                         std::to_string(2 * algorithm.size) +
                                         " hexadecimal digits");
    }
    throw Error(CMW_INVALID, "the checksum is neither sha256:HEX nor sha512:HEX");
}

bool is_url(std::string_view info) {
    return info.starts_with("https://") || info.starts_with("http://");
}

Binary parse_url(std::string_view url) {
    url = url.substr(0, url.find('#'));
    auto [location, query] = split(url, '?');
    std::string kept;
    std::string checksum;
    while (!query.empty()) {
        const auto [parameter, rest] = split(query, '&');
        query = rest;
        const auto [name, value] = split(parameter, '=');
        if (name == "checksum") checksum = decoded(value);
        if (name == "checksum" || name == "archive" || name == "filename") continue;
        kept += (kept.empty() ? "?" : "&") + std::string(parameter);
    }
    if (checksum.empty()) refuse("it names no checksum");
    if (checksum.starts_with("file:")) refuse("it names a file of checksums, not a checksum");
    if (checksum.starts_with("md5:") || checksum.starts_with("sha1:"))
        refuse("its checksum can be forged (" + checksum.substr(0, checksum.find(':')) + ")");
    Binary binary;
    try {
        binary = parse_digest(checksum);
    } catch (const Error& e) {
        refuse(e.what());
    }
    if (is_url(location)) binary.locations.push_back(std::string(location) + kept);
    return binary;
}

Binary parse_binaries(std::string_view document, const std::string& platform) {
    Poco::JSON::Object::Ptr binaries;
    try {
        binaries = object_in(*parse_object(document), "binaries");
    } catch (const Error&) {
        // Words for people.
    }
    if (!binaries) refuse("the plan names no binaries");
    auto url = text_in(*binaries, platform);
    if (!url) url = text_in(*binaries, "any");
    if (!url) refuse("the plan names no binary for " + platform);
    try {
        return parse_url(*url);
    } catch (const Error& e) {
        throw Error(e.status(), "the binary that the plan names for " + platform +
                                    " cannot be used: " + e.what());
    }
}

} // namespace cmw::cosmos
