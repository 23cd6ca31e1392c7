// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/cosmos/protobuf.hpp"

#include <cmw/error.hpp>

namespace cmw::cosmos {
namespace {

[[noreturn]] void refuse(const char* why) {
    throw Error(CMW_INVALID, std::string("cannot read a protobuf message: ") + why);
}

} // namespace

bool ProtobufReader::next(ProtobufField& field) {
    if (rest_.empty()) return false;
    const auto tag = varint();
    field = {};
    field.id = tag >> 3;
    if (field.id == 0) refuse("a field has the number 0");
    switch (tag & 7) {
    case 0:
        field.kind = ProtobufField::Kind::Number;
        field.number = varint();
        break;
    case 1:
        take(8);
        break;
    case 2:
        field.kind = ProtobufField::Kind::Bytes;
        field.bytes = take(varint());
        break;
    case 5:
        take(4);
        break;
    default:
        refuse("a field is of an unknown kind");
    }
    return true;
}

std::uint64_t ProtobufReader::varint() {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const auto byte = static_cast<unsigned char>(take(1)[0]);
        number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) return number;
    }
    refuse("a number is longer than 64 bits");
}

std::string_view ProtobufReader::take(std::uint64_t size) {
    if (size > rest_.size()) refuse("it is cut");
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
}

} // namespace cmw::cosmos
