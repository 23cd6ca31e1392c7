// SPDX-License-Identifier: Apache-2.0
#include "shared/json_text.hpp"

#include "shared/utf8.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

namespace cmw::shared {

namespace {

/// A vector of the compiler's: SSE2, NEON or what the machine has.
using Block = signed char __attribute__((vector_size(16)));

/// What cannot go into a JSON string as it is. Bytes over 0x7f are negative, so one comparison finds
/// them and the control characters.
Block special_bytes(Block block) {
    return (block < 0x20) | (block == '"') | (block == '\\') | (block == 0x7f);
}

using Words = std::array<std::uint64_t, 2>;

bool none(Block special) {
    const auto words = std::bit_cast<Words>(special);
    return (words[0] | words[1]) == 0;
}

/// How many bytes there are before the first that is special.
std::size_t plain_bytes(Block special) {
    if constexpr (std::endian::native != std::endian::little) return 0; // One by one, then.
    const auto words = std::bit_cast<Words>(special);
    const auto first = words[0] != 0 ? std::countr_zero(words[0]) : 64 + std::countr_zero(words[1]);
    return static_cast<std::size_t>(first) / 8;
}

Block load(const char* at) {
    Block block;
    std::memcpy(&block, at, sizeof block);
    return block;
}

void store(char* at, Block block) {
    std::memcpy(at, &block, sizeof block);
}

char* copy(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

char* write_escape(char* out, unsigned char byte) {
    constexpr std::string_view digits = "0123456789abcdef";
    *out++ = '\\';
    switch (byte) {
    case '"':
    case '\\':
        *out++ = static_cast<char>(byte);
        return out;
    case '\n':
        *out++ = 'n';
        return out;
    case '\r':
        *out++ = 'r';
        return out;
    case '\t':
        *out++ = 't';
        return out;
    default:
        out = copy(out, "u00");
        *out++ = digits[byte >> 4];
        *out++ = digits[byte & 15];
        return out;
    }
}

} // namespace

char* write_json_text(char* out, std::string_view text, std::size_t& bytes) {
    bytes += text.size();
    const char* at = text.data();
    const char* const end = at + text.size();
    constexpr auto size = sizeof(Block);
    bool may_end_plain = text.size() >= size;
    while (at < end) {
        const auto left = static_cast<std::size_t>(end - at);
        if (left >= 4 * size) {
            const std::array blocks{load(at), load(at + size), load(at + 2 * size),
                                    load(at + 3 * size)};
            for (std::size_t i = 0; i < blocks.size(); ++i) store(out + i * size, blocks[i]);
            if (none(special_bytes(blocks[0]) | special_bytes(blocks[1]) |
                     special_bytes(blocks[2]) | special_bytes(blocks[3]))) {
                at += 4 * size;
                out += 4 * size;
                continue;
            }
        }
        if (left >= size) {
            const auto block = load(at);
            const auto special = special_bytes(block);
            const auto plain = none(special) ? size : plain_bytes(special);
            store(out, block);
            at += plain;
            out += plain;
            if (plain == size) continue;
        } else if (std::exchange(may_end_plain, false)) {
            // The last block, some of which is written already: as it is, if all is plain.
            const auto block = load(end - size);
            if (none(special_bytes(block))) {
                store(out + left - size, block);
                return out + left;
            }
        }
        const auto byte = static_cast<unsigned char>(*at);
        if (byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7f) {
            out = write_escape(out, byte);
            ++at;
        } else if (byte < 0x80) {
            *out++ = *at++;
        } else if (const auto length = utf8_length({at, static_cast<std::size_t>(end - at)})) {
            out = copy(out, {at, length});
            at += length;
        } else {
            constexpr std::string_view replacement = "\xEF\xBF\xBD";
            out = copy(out, replacement);
            bytes += replacement.size() - 1;
            ++at;
        }
    }
    return out;
}

std::size_t utf8_part(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text.size();
    for (auto end = most; end + 4 > most; --end)
        if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80) return end;
    return most; // It is in none.
}

void append_json_text(std::string& out, std::string_view text) {
    constexpr std::size_t most = 256;
    std::array<char, json_room(most)> room; // NOLINT(cppcoreguidelines-pro-type-member-init)
    std::size_t ignored = 0;
    while (!text.empty()) {
        const auto size = utf8_part(text, most);
        const auto* const end = write_json_text(room.data(), text.substr(0, size), ignored);
        out.append(room.data(), static_cast<std::size_t>(end - room.data()));
        text.remove_prefix(size);
    }
}

} // namespace cmw::shared
