// SPDX-License-Identifier: Apache-2.0
//
// cosmos/binary.hpp - what a plan's `info` names for this machine. Pure.
//
//   {"binaries": {"linux/amd64": "https://host/node.tar.gz?checksum=sha256:<hex>", "any": "..."}}
//
// or a URL of such a document, with a checksum of its own. The checksum is in the form of go-getter,
// which Cosmovisor fetches with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cmw::cosmos {

/// A digest, and where what has it can be had.
struct Binary {
    std::string algorithm; ///< In the host's words: "sha-256".
    std::vector<std::uint8_t> digest;
    std::vector<std::string> locations;

    bool operator==(const Binary&) const = default;
};

/// Go's name of this machine: "linux/amd64".
std::string this_platform();

/// A digest as an operator or a URL has it: "sha256:<hex>", "sha512:<hex>", "blake2s-256:<hex>", or
/// the hexadecimal alone, whose length tells SHA-256 from SHA-512. Throws cmw::Error(CMW_INVALID).
Binary parse_digest(std::string_view text);

/// Whether `info` is a URL to fetch the real one from.
bool is_url(std::string_view info);

/// A URL that names its content's checksum; what is for go-getter alone is taken out of the location.
/// Throws cmw::Error(CMW_INVALID) if it names none, or one that proves nothing.
Binary parse_url(std::string_view url);

/// What the document names for the platform, or else for "any". Throws cmw::Error(CMW_INVALID).
Binary parse_binaries(std::string_view document, const std::string& platform);

} // namespace cmw::cosmos
