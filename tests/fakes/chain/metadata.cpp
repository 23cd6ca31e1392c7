// SPDX-License-Identifier: Apache-2.0
#include "metadata.hpp"

#include "scale_writer.hpp"

#include <functional>

namespace cmw::fakes {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t record_pallet_number = 9;
constexpr std::uint8_t utility_number = 20;
constexpr std::uint8_t other_call = 0;
constexpr std::uint8_t set_hashes_call = 3;

struct NamedType {
    std::string name;
    std::uint32_t type;
};

struct Item {
    std::string name;
    int hasher; ///< -1: a single value.
    std::uint32_t type;
    std::string type_name; ///< In version 13.
};

struct Pallet {
    std::string name;
    std::vector<Item> items;
    std::int64_t calls = -1; ///< Their type.
    std::uint8_t number;
};

/// The registry: types have the numbers in which they are added.
class Types {
  public:
    std::uint32_t add(const std::string& path, const std::function<void(ScaleWriter&)>& define) {
        out_.compact(count_);
        if (path.empty())
            out_.compact(0);
        else
            out_.compact(1).text(path);
        out_.compact(0); // no parameters
        define(out_);
        out_.compact(0); // no documentation
        return count_++;
    }
    std::uint32_t primitive(std::uint8_t code) {
        return add("", [&](auto& out) { out.u8(5).u8(code); });
    }
    std::uint32_t structure(const std::string& path, const std::vector<NamedType>& fields) {
        return add(path, [&](auto& out) {
            out.u8(0).compact(fields.size());
            for (const auto& field : fields) write(out, field);
        });
    }
    struct Variant {
        std::string name;
        std::uint8_t index;
        std::vector<NamedType> fields;
    };
    std::uint32_t enumeration(const std::string& path, const std::vector<Variant>& variants) {
        return add(path, [&](auto& out) {
            out.u8(1).compact(variants.size());
            for (const auto& variant : variants) {
                out.text(variant.name).compact(variant.fields.size());
                for (const auto& field : variant.fields) write(out, field);
                out.u8(variant.index).compact(0);
            }
        });
    }
    std::uint32_t option(std::uint32_t type) {
        return enumeration("Option", {{"None", 0, {}}, {"Some", 1, {{"", type}}}});
    }
    std::uint32_t list(std::uint32_t type) {
        return add("", [&](auto& out) { out.u8(2).compact(type); });
    }
    std::uint32_t array(std::uint32_t count, std::uint32_t type) {
        return add("", [&](auto& out) { out.u8(3).u32(count).compact(type); });
    }
    std::uint32_t compact(std::uint32_t type) {
        return add("", [&](auto& out) { out.u8(6).compact(type); });
    }
    std::uint32_t next() const { return count_; }

    Bytes bytes() const {
        ScaleWriter all;
        all.compact(count_).raw(out_.bytes);
        return all.bytes;
    }

  private:
    static void write(ScaleWriter& out, const NamedType& field) {
        if (field.name.empty())
            out.none();
        else
            out.u8(1).text(field.name);
        out.compact(field.type).none().compact(1).text("about the field");
    }

    ScaleWriter out_;
    std::uint32_t count_ = 0;
};

/// The types that several pallets use.
struct Basics {
    explicit Basics(Types& types)
        : u8(types.primitive(3)),
          u32(types.primitive(5)),
          bytes32(types.array(32, u8)),
          h256(types.structure("H256", {{"", bytes32}})),
          hashes(types.list(h256)) {}
    std::uint32_t u8, u32, bytes32, h256, hashes;
};

std::uint32_t add_record(Types& types, const Basics& basics, const Record& record) {
    std::vector<NamedType> fields;
    for (const auto& name : record.fields) fields.push_back({name, basics.h256});
    if (record.extra) fields.push_back({"extra", types.option(basics.hashes)});
    return types.structure("SoftwareHashes", fields);
}

void add_validators(Types& types, const Basics& basics, const Record& record,
                    std::vector<Pallet>& pallets) {
    const auto account = types.structure("AccountId32", {{"", basics.bytes32}});
    const auto amount = types.compact(types.primitive(7));
    const auto id = types.option(basics.h256);
    const auto numbers = types.list(basics.u32);
    const auto ledger = types.structure("StakingLedger", {{"stash", account},
                                                          {"total", amount},
                                                          {"active", amount},
                                                          {"claimed_rewards", numbers},
                                                          {"cmix_id", id}});
    std::vector<Item> session{{"Validators", -1, types.list(account), "Vec<T::ValidatorId>"}};
    if (record.disabled) session.push_back({"DisabledValidators", -1, numbers, "Vec<u32>"});
    pallets.push_back({"Session", session, -1, 12});
    pallets.push_back({"Staking",
                       {{"Bonded", 5, account, "T::AccountId"},
                        {"Ledger", 2, ledger, "StakingLedger<T::AccountId, BalanceOf<T>>"}},
                       -1,
                       13});
}

/// Gives the type of the calls of the record's pallet.
std::uint32_t add_committee(Types& types, const Basics& basics, const Record& record,
                            std::uint32_t value, std::vector<Pallet>& pallets) {
    const auto text = types.list(basics.u8);
    const auto calls =
        types.enumeration("Call", {{"remark", other_call, {{"remark", text}}},
                                   {"set_cmix_hashes", set_hashes_call, {{"hashes", value}}}});
    // The batch holds calls, which may be a batch: the types refer to each other.
    const auto list = types.next();
    const auto utility = list + 1;
    const auto runtime_call = list + 2;
    types.list(runtime_call);
    types.enumeration("Call", {{"batch", 0, {{"calls", list}}}});
    types.enumeration("RuntimeCall", {{record.pallet, record_pallet_number, {{"", calls}}},
                                      {"Utility", utility_number, {{"", utility}}}});
    const auto votes = types.structure("Votes", {{"index", basics.u32}, {"threshold", basics.u32}});
    const auto bounded = types.enumeration(
        "Bounded", {{"Legacy", 0, {{"hash", basics.h256}}}, {"Inline", 1, {{"", text}}}});
    const auto task =
        types.structure("Scheduled", {{"maybe_id", types.option(text)},
                                      {"priority", basics.u8},
                                      {"call", record.inline_calls ? bounded : runtime_call}});
    const auto agenda = types.list(types.option(task));
    pallets.push_back({record.committee,
                       {{"Proposals", -1, basics.hashes, "Vec<T::Hash>"},
                        {"ProposalOf", 6, runtime_call, "Proposal"},
                        {"Voting", 6, votes, "Votes"}},
                       -1,
                       30});
    pallets.push_back({"Scheduler", {{"Agenda", 5, agenda, "Vec<Option<Scheduled>>"}}, -1, 31});
    return calls;
}

void write_item(ScaleWriter& out, const Item& item, std::uint8_t version) {
    out.text(item.name).u8(1);
    if (version == 13) {
        if (item.hasher < 0)
            out.u8(0).text(item.type_name);
        else
            out.u8(1)
                .u8(static_cast<std::uint8_t>(item.hasher))
                .text("u8")
                .text(item.type_name)
                .u8(0);
    } else if (item.hasher < 0) {
        out.u8(0).compact(item.type);
    } else {
        out.u8(1)
            .compact(1)
            .u8(static_cast<std::uint8_t>(item.hasher))
            .compact(0)
            .compact(item.type);
    }
    out.compact(4).u32(0).compact(1).text("about the item");
}

void write_pallet(ScaleWriter& out, const Pallet& pallet, std::uint8_t version) {
    out.text(pallet.name).u8(1).text(pallet.name).compact(pallet.items.size());
    for (const auto& item : pallet.items) write_item(out, item, version);
    if (version == 13) {
        out.u8(1).compact(1).text("call").compact(1).text("argument").text("u8").compact(0);
        out.u8(1).compact(1).text("Event").compact(2).text("u8").text("u8").compact(0);
        out.compact(1).text("Limit").text("u8").compact(1).u8(9).compact(0);
        out.compact(1).text("Error").compact(1).text("about the error");
        out.u8(pallet.number);
        return;
    }
    if (pallet.calls < 0)
        out.none();
    else
        out.u8(1).compact(static_cast<std::uint64_t>(pallet.calls));
    out.u8(1).compact(0); // events
    out.compact(1).text("Limit").compact(0).compact(1).u8(9).compact(0);
    out.none().u8(pallet.number);
    if (version == 15) out.compact(1).text("about the pallet");
}

} // namespace

std::vector<std::uint8_t> make_metadata(const Record& record) {
    Types types;
    const Basics basics(types);
    const auto value = add_record(types, basics, record);
    std::vector<Pallet> others;
    Pallet own{record.pallet,
               {{"AdminPermission", -1, basics.u32, "T::BlockNumber"},
                {record.item, record.map ? 5 : -1, value, "SoftwareHashes<T::Hash>"}},
               -1,
               record_pallet_number};
    if (record.validators) add_validators(types, basics, record, others);
    if (!record.committee.empty()) own.calls = add_committee(types, basics, record, value, others);

    ScaleWriter out;
    out.u32(0x6174656d).u8(record.version);
    if (record.version > 13) out.raw(types.bytes());
    out.compact(2 + others.size());
    // Another pallet stands before it, with an item of the same name.
    write_pallet(out, {"System", {{record.item, 5, basics.u8, "u8"}}, -1, 0}, record.version);
    write_pallet(out, own, record.version);
    for (const auto& pallet : others) write_pallet(out, pallet, record.version);
    return out.bytes;
}

std::vector<std::uint8_t> make_value(const Record& record,
                                     const std::vector<std::uint8_t>& digests) {
    ScaleWriter out;
    for (const auto digest : digests) out.raw(Bytes(32, digest));
    if (record.extra) out.none();
    return out.bytes;
}

std::vector<std::uint8_t> make_call(const std::vector<std::uint8_t>& value) {
    return ScaleWriter().u8(record_pallet_number).u8(set_hashes_call).raw(value).bytes;
}

std::vector<std::uint8_t> make_batch(const std::vector<std::vector<std::uint8_t>>& calls) {
    ScaleWriter out;
    out.u8(utility_number).u8(0).compact(calls.size());
    for (const auto& call : calls) out.raw(call);
    return out.bytes;
}

std::vector<std::uint8_t> make_other_call(const std::vector<std::uint8_t>& remark) {
    return ScaleWriter()
        .u8(record_pallet_number)
        .u8(other_call)
        .compact(remark.size())
        .raw(remark)
        .bytes;
}

std::vector<std::uint8_t> make_agenda(const Record& record, const std::vector<std::uint8_t>& call) {
    ScaleWriter out;
    out.compact(2).none(); // A task that was cancelled, and
    out.u8(1).none().u8(63);
    if (record.inline_calls) out.u8(1).compact(call.size());
    return out.raw(call).bytes;
}

} // namespace cmw::fakes
