// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/scale.hpp"

#include <cmw/error.hpp>

#include <algorithm>
#include <limits>

namespace cmw::substrate {

ScaleReader::ScaleReader(Bytes bytes, std::size_t offset)
    : bytes_(bytes), offset_(std::min(offset, bytes.size())) {}

void ScaleReader::fail(std::string_view what) const {
    throw Error(CMW_INVALID, "cannot read SCALE at byte " + std::to_string(offset_) + " of " +
                                 std::to_string(bytes_.size()) + ": " + std::string(what));
}

Bytes ScaleReader::take(std::size_t count) {
    if (count > left())
        fail(std::to_string(count) + " more bytes expected, " + std::to_string(left()) + " left");
    const auto taken = bytes_.subspan(offset_, count);
    offset_ += count;
    return taken;
}

std::uint64_t ScaleReader::little_endian(std::size_t count) {
    const auto bytes = take(count);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
    return value;
}

std::uint8_t ScaleReader::u8() {
    return take(1)[0];
}

std::uint32_t ScaleReader::u32() {
    return static_cast<std::uint32_t>(little_endian(4));
}

std::uint64_t ScaleReader::compact() {
    const ScaleReader start = *this;
    const std::uint8_t first = u8();
    std::uint64_t value = first >> 2;
    std::uint64_t shortest = 0; // The least value that needs this form.
    switch (first & 3) {
    case 0:
        break;
    case 1:
        value |= little_endian(1) << 6;
        shortest = 1u << 6;
        break;
    case 2:
        value |= little_endian(3) << 6;
        shortest = 1u << 14;
        break;
    default: {
        const std::size_t size = value + 4;
        if (size > 8) start.fail("the compact integer is larger than 64 bits");
        value = little_endian(size);
        shortest = size == 4 ? std::uint64_t{1} << 30 : std::uint64_t{1} << (8 * (size - 1));
    }
    }
    if (value < shortest) start.fail("the compact integer is longer than it needs to be");
    return value;
}

void ScaleReader::skip_compact() {
    const std::uint8_t first = u8();
    constexpr std::size_t sizes[] = {0, 1, 3};
    const auto form = static_cast<std::size_t>(first & 3);
    take(form < 3 ? sizes[form] : static_cast<std::size_t>(first >> 2) + 4);
}

std::uint32_t ScaleReader::compact32() {
    const ScaleReader start = *this;
    const auto value = compact();
    if (value > std::numeric_limits<std::uint32_t>::max()) start.fail("the number is too large");
    return static_cast<std::uint32_t>(value);
}

bool ScaleReader::boolean() {
    const ScaleReader start = *this;
    const auto value = u8();
    if (value > 1) start.fail("neither 0 nor 1");
    return value == 1;
}

Bytes ScaleReader::sized() {
    return take(compact32());
}

std::string_view ScaleReader::text() {
    const auto bytes = sized();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void ScaleReader::skip_texts() {
    for (auto count = compact32(); count > 0; --count) text();
}

} // namespace cmw::substrate
