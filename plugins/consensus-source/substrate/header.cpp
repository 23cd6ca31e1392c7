// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/header.hpp"

#include <algorithm>

namespace cmw::substrate {
namespace {

/// Numbers of the variants of DigestItem.
enum Item : std::uint8_t {
    Other = 0,
    ChangesTrieRoot = 2, // Of runtimes before 2022.
    Consensus = 4,
    Seal = 5,
    PreRuntime = 6,
    RuntimeEnvironmentUpdated = 8,
};

/// Numbers of the variants of GRANDPA's ConsensusLog.
enum Log : std::uint8_t { ScheduledChange = 1, ForcedChange = 2 };

constexpr std::string_view grandpa = "FRNK";

/// A message of GRANDPA to its authorities; those that change nothing (pause, disable) are none.
std::optional<AuthorityChange> read_change(Bytes message) {
    ScaleReader reader(message);
    const auto kind = reader.u8();
    if (kind != ScheduledChange && kind != ForcedChange) return std::nullopt;
    AuthorityChange change{.forced = kind == ForcedChange};
    if (change.forced) reader.u32(); // The last block that was final before.
    change.next = read_authorities(reader);
    change.delay = reader.u32();
    if (reader.left() != 0) reader.fail("a change of authorities goes on after its end");
    return change;
}

void read_item(ScaleReader& reader, Header& header) {
    switch (reader.u8()) {
    case RuntimeEnvironmentUpdated:
        return;
    case Other:
        reader.sized();
        return;
    case ChangesTrieRoot:
        reader.take(32);
        return;
    case Seal:
    case PreRuntime:
        reader.take(4);
        reader.sized();
        return;
    case Consensus:
        break;
    default:
        reader.fail("no item of a digest has this number");
    }
    const auto engine = reader.take(4);
    const auto message = reader.sized();
    if (!std::ranges::equal(engine, grandpa)) return;
    auto change = read_change(message);
    if (!change) return;
    if (header.change) reader.fail("two changes of authorities in one block");
    header.change = std::move(change);
}

void append_compact(std::vector<std::uint8_t>& to, std::uint64_t value) {
    const auto little_endian = [&](std::uint64_t number, unsigned size) {
        for (unsigned i = 0; i < size; ++i)
            to.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
    };
    if (value < 1u << 6) return little_endian(value << 2, 1);
    if (value < 1u << 14) return little_endian(value << 2 | 1, 2);
    if (value < 1u << 30) return little_endian(value << 2 | 2, 4);
    unsigned size = 4;
    while (size < 8 && value >> (8 * size) != 0) ++size;
    to.push_back(static_cast<std::uint8_t>((size - 4) << 2 | 3));
    little_endian(value, size);
}

} // namespace

Hash read_hash(ScaleReader& reader) {
    Hash hash{};
    std::ranges::copy(reader.take(hash.size()), hash.begin());
    return hash;
}

std::vector<Authority> read_authorities(ScaleReader& reader) {
    constexpr std::size_t encoded = 32 + 8;
    const auto count = reader.compact32();
    if (count > reader.left() / encoded) reader.fail("more authorities than bytes");
    std::vector<Authority> authorities(count);
    for (auto& authority : authorities) {
        authority.key = read_hash(reader);
        authority.weight = reader.u32();
        authority.weight |= std::uint64_t{reader.u32()} << 32;
    }
    return authorities;
}

Header read_header(ScaleReader& reader) {
    const auto start = reader.offset();
    Header header;
    header.parent = read_hash(reader);
    header.number = reader.compact();
    header.state_root = read_hash(reader);
    read_hash(reader); // The root of the extrinsics.
    for (auto items = reader.compact32(); items > 0; --items) read_item(reader, header);
    header.hash = blake2b_256(reader.between(start, reader.offset()));
    return header;
}

Header decode_header(Bytes bytes) {
    ScaleReader reader(bytes);
    auto header = read_header(reader);
    if (reader.left() != 0) reader.fail("a header goes on after its end");
    return header;
}

std::vector<std::uint8_t> encode_header(const Hash& parent, std::uint64_t number,
                                        const Hash& state_root, const Hash& extrinsics_root,
                                        const std::vector<std::vector<std::uint8_t>>& logs) {
    std::vector<std::uint8_t> bytes(parent.begin(), parent.end());
    append_compact(bytes, number);
    bytes.insert(bytes.end(), state_root.begin(), state_root.end());
    bytes.insert(bytes.end(), extrinsics_root.begin(), extrinsics_root.end());
    append_compact(bytes, logs.size());
    for (const auto& log : logs) bytes.insert(bytes.end(), log.begin(), log.end());
    return bytes;
}

} // namespace cmw::substrate
