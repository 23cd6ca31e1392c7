// SPDX-License-Identifier: Apache-2.0
//
// fakes/chain/metadata.hpp - small metadata of a runtime with one pallet of our choice.
#pragma once

#include "scale_writer.hpp"

#include <string>

namespace cmw::fakes {

/// The record that the chain keeps: an H256 for each of `fields`, then, if `extra`, a field
/// "extra": Option<Vec<H256>>.
struct Record {
    std::vector<std::string> fields{"server", "gateway"};
    bool extra = true;
    std::string pallet = "XXCmix";
    std::string item = "CmixHashes";
    bool map = false; ///< The item is a map from u8.
    std::uint8_t version = 14;
};

/// Types: 0 u8, 1 [u8; 32], 2 H256, 3 Vec<H256>, 4 Option<Vec<H256>>, 5 the record.
inline std::vector<std::uint8_t> make_metadata(const Record& record) {
    ScaleWriter out;
    const auto type = [&](std::uint32_t id, const char* path) -> ScaleWriter& {
        out.compact(id);
        if (*path != '\0')
            out.compact(1).text(path);
        else
            out.compact(0);
        return out.compact(0); // no parameters
    };
    const auto field = [&](const char* name, std::uint32_t id) {
        if (*name != '\0')
            out.u8(1).text(name);
        else
            out.none();
        out.compact(id).none().compact(1).text("about the field");
    };
    out.u32(0x6174656d).u8(record.version).compact(6);
    type(0, "").u8(5).u8(3).compact(0);
    type(1, "").u8(3).u32(32).compact(0).compact(0);
    type(2, "H256").u8(0).compact(1);
    field("", 1);
    out.compact(0);
    type(3, "").u8(2).compact(2).compact(0);
    type(4, "Option").u8(1).compact(2);
    out.text("None").compact(0).u8(0).compact(0);
    out.text("Some").compact(1);
    field("", 3);
    out.u8(1).compact(0).compact(0);
    type(5, "SoftwareHashes").u8(0).compact(record.fields.size() + (record.extra ? 1 : 0));
    for (const auto& name : record.fields) field(name.c_str(), 2);
    if (record.extra) field("extra", 4);
    out.compact(0);

    // Another pallet stands before it, with all that can be passed over.
    const auto entry = [&](const std::string& name, bool map, std::uint32_t value) {
        out.text(name).u8(1);
        if (map)
            out.u8(1).compact(1).u8(5).compact(0).compact(value);
        else
            out.u8(0).compact(value);
        out.compact(1).u8(0).compact(1).text("about the item");
    };
    const auto rest = [&] {
        out.u8(1).compact(4).none();
        out.compact(1).text("Limit").compact(0).compact(1).u8(9).compact(0);
        out.none().u8(7);
        if (record.version == 15) out.compact(1).text("about the pallet");
    };
    out.compact(2);
    out.text("System").u8(1).text("System").compact(1);
    entry(record.item, true, 0);
    rest();
    out.text(record.pallet).u8(1).text(record.pallet).compact(2);
    entry("AdminPermission", false, 0);
    entry(record.item, record.map, 5);
    rest();
    return out.bytes;
}

/// The record's value: each field is 32 times its number, and extra is None.
inline std::vector<std::uint8_t> make_value(const Record& record,
                                            const std::vector<std::uint8_t>& digests) {
    ScaleWriter out;
    for (const auto digest : digests) out.raw(std::vector<std::uint8_t>(32, digest));
    if (record.extra) out.none();
    return out.bytes;
}

} // namespace cmw::fakes
