// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/metadata.hpp"

#include <cmw/error.hpp>

#include <algorithm>

namespace cmw::substrate {
namespace {

constexpr std::uint32_t magic = 0x6174656d; // "meta"

StorageItem::Hasher read_hasher(ScaleReader& in) {
    const ScaleReader start = in;
    const auto hasher = in.u8();
    if (hasher > 6) start.fail("no hasher has this number");
    return static_cast<StorageItem::Hasher>(hasher);
}

/// How V13 says what an item is; the text of its value's type.
std::string_view read_named_type(ScaleReader& in, std::vector<StorageItem::Hasher>& hashers) {
    const ScaleReader start = in;
    switch (in.u8()) {
    case 0: // a single value
        return in.text();
    case 1: { // a map
        hashers.push_back(read_hasher(in));
        in.text();
        const auto value = in.text();
        in.boolean();
        return value;
    }
    case 2: { // of two keys
        hashers.push_back(read_hasher(in));
        in.text();
        in.text();
        const auto value = in.text();
        hashers.push_back(read_hasher(in));
        return value;
    }
    case 3: // of any number of keys
        in.skip_texts();
        for (auto count = in.compact32(); count > 0; --count) hashers.push_back(read_hasher(in));
        return in.text();
    default:
        start.fail("no kind of storage has this number");
    }
}

/// Names with arguments, each of which has `texts` texts, and documentation: the calls, events and
/// errors of V13.
void skip_named(ScaleReader& in, unsigned texts) {
    for (auto count = in.compact32(); count > 0; --count) {
        in.text();
        if (texts > 0)
            for (auto left = std::uint64_t{in.compact32()} * texts; left > 0; --left) in.text();
        in.skip_texts();
    }
}

} // namespace

Metadata::Metadata(Bytes bytes, TypeNames names) : names_(std::move(names)) {
    ScaleReader in(bytes);
    if (in.u32() != magic)
        throw Error(CMW_INVALID, "cannot read the metadata: they do not begin with \"meta\"");
    version_ = in.u8();
    if (version_ < 13 || version_ > 15)
        throw Error(CMW_UNSUPPORTED, "cannot read metadata of version " + std::to_string(version_) +
                                         ": 13 to 15 are understood");
    if (version_ > 13) types_ = PortableTypes(bytes, in);
    for (auto count = in.compact32(); count > 0; --count)
        version_ > 13 ? read_pallet(in) : read_module(in);
}

void Metadata::read_pallet(ScaleReader& in) {
    Pallet pallet{.name = in.text()};
    if (in.boolean()) read_entries(in, pallet.name);
    if (in.boolean()) pallet.calls = in.compact32();
    if (in.boolean()) in.compact32(); // events
    for (auto count = in.compact32(); count > 0; --count) {
        in.text();
        in.compact32();
        in.sized();
        in.skip_texts();
    }
    if (in.boolean()) in.compact32(); // errors
    pallet.number = in.u8();
    if (version_ == 15) in.skip_texts();
    pallets_.push_back(pallet);
}

void Metadata::read_module(ScaleReader& in) {
    const auto name = in.text();
    if (in.boolean()) read_entries(in, name);
    if (in.boolean()) skip_named(in, 2); // calls: their arguments are a name and a type each
    if (in.boolean()) skip_named(in, 1); // events: types
    for (auto count = in.compact32(); count > 0; --count) {
        in.text();
        in.text();
        in.sized();
        in.skip_texts();
    }
    skip_named(in, 0); // errors
    pallets_.push_back({.name = name, .number = in.u8(), .calls = {}});
}

void Metadata::read_entries(ScaleReader& in, std::string_view pallet) {
    const std::string prefix(in.text());
    for (auto count = in.compact32(); count > 0; --count) {
        Entry entry{.pallet = pallet,
                    .item = {.prefix = prefix, .name = std::string(in.text())},
                    .type_name = {}};
        entry.item.optional = in.u8() == 0;
        read_type(in, entry);
        const auto fallback = in.sized();
        entry.item.fallback.assign(fallback.begin(), fallback.end());
        in.skip_texts();
        entries_.push_back(std::move(entry));
    }
}

void Metadata::read_type(ScaleReader& in, Entry& entry) const {
    if (version_ == 13) {
        entry.type_name = read_named_type(in, entry.item.hashers);
        return;
    }
    if (in.boolean()) {
        for (auto count = in.compact32(); count > 0; --count)
            entry.item.hashers.push_back(read_hasher(in));
        in.compact32(); // The type of the key.
    }
    entry.type = in.compact32();
}

const Metadata::Entry* Metadata::find(std::string_view pallet, std::string_view item) const {
    const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) {
        return entry.pallet == pallet && entry.item.name == item;
    });
    return found == entries_.end() ? nullptr : &*found;
}

StorageItem Metadata::item(std::string_view pallet, std::string_view item) const {
    const auto* entry = find(pallet, item);
    if (entry == nullptr) {
        if (std::ranges::find(pallets_, pallet, &Pallet::name) == pallets_.end())
            throw Error(CMW_NOT_FOUND, "cannot find the pallet " + std::string(pallet));
        throw Error(CMW_NOT_FOUND, "cannot find the item " + std::string(item) + " in the pallet " +
                                       std::string(pallet));
    }
    auto found = entry->item;
    found.value =
        version_ == 13 ? named_layout(entry->type_name, names_) : types_.layout(entry->type);
    return found;
}

std::optional<StorageItem> Metadata::place(std::string_view pallet, std::string_view item) const {
    const auto* entry = find(pallet, item);
    return entry != nullptr ? std::optional(entry->item) : std::nullopt;
}

std::optional<CallPrefix> Metadata::call(std::string_view pallet, std::string_view call) const {
    const auto found = std::ranges::find(pallets_, pallet, &Pallet::name);
    if (found == pallets_.end() || !found->calls) return std::nullopt;
    const auto calls = types_.type(*found->calls);
    const auto variant = std::ranges::find(calls.variants, call, &Variant::name);
    if (variant == calls.variants.end()) return std::nullopt;
    return CallPrefix{found->number, variant->index};
}

} // namespace cmw::substrate
