// SPDX-License-Identifier: Apache-2.0
#include "fake_authorities.hpp"

#include "scale_writer.hpp"

#include <sodium/crypto_sign_ed25519.h>

namespace cmw::fakes {
namespace {

ScaleWriter& write_u64(ScaleWriter& writer, std::uint64_t value) {
    return writer.u32(static_cast<std::uint32_t>(value))
        .u32(static_cast<std::uint32_t>(value >> 32));
}

std::vector<std::uint8_t> blob(const substrate::Hash& hash) {
    return {hash.begin(), hash.end()};
}

} // namespace

FakeAuthorities::FakeAuthorities(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
        Key key;
        key.secret.resize(crypto_sign_ed25519_SECRETKEYBYTES);
        const auto seed = substrate::blake2b_256(ScaleWriter().u32(i).bytes);
        ::crypto_sign_ed25519_seed_keypair(key.open.data(), key.secret.data(), seed.data());
        keys_.push_back(std::move(key));
    }
}

substrate::AuthoritySet FakeAuthorities::set(std::uint64_t id, unsigned size, unsigned from) const {
    substrate::AuthoritySet set{id, {}};
    for (unsigned i = 0; i < size; ++i) set.authorities.push_back({keys_.at(from + i).open, 1});
    return set;
}

FakeAuthorities::Blob FakeAuthorities::justification(const Hash& block, std::uint32_t number,
                                                     std::uint64_t round, std::uint64_t set,
                                                     const std::vector<Vote>& votes,
                                                     const std::vector<Blob>& ancestries) const {
    ScaleWriter made;
    write_u64(made, round).raw(blob(block)).u32(number).compact(votes.size());
    for (const auto& vote : votes) {
        const auto& key = keys_.at(vote.voter);
        ScaleWriter message;
        message.u8(1).raw(blob(vote.block)).u32(vote.number);
        write_u64(message, round + vote.other_round);
        write_u64(message, set + vote.other_set);
        Blob signature(crypto_sign_ed25519_BYTES);
        ::crypto_sign_ed25519_detached(signature.data(), nullptr, message.bytes.data(),
                                       message.bytes.size(), key.secret.data());
        made.raw(blob(vote.block)).u32(vote.number).raw(signature).raw(blob(key.open));
    }
    made.compact(ancestries.size());
    for (const auto& header : ancestries) made.raw(header);
    return made.bytes;
}

} // namespace cmw::fakes
