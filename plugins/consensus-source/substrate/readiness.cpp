// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/readiness.hpp"

#include "consensus-source/substrate/storage_key.hpp"
#include "shared/hex.hpp"

#include <cmw/identity.hpp>

#include <algorithm>

namespace cmw::substrate {
namespace {

// A node that is no validator may become one without a change of the set, by its ledger alone.
// Looking for it costs the most, so it is done once in so many blocks: a minute on most chains.
constexpr std::uint64_t blocks_between_searches = 10;

constexpr std::size_t id_size = 32;

const std::optional<std::vector<std::uint8_t>>& value_of(const Values& values,
                                                         const std::string& key) {
    static const std::optional<std::vector<std::uint8_t>> none;
    const auto found = values.find(key);
    return found != values.end() ? found->second : none;
}

} // namespace

std::vector<Bytes> parse_validators(const StorageItem& item, Bytes value) {
    std::vector<Bytes> accounts;
    for (const auto& account : decode(item.value, value).members) accounts.push_back(account.raw);
    return accounts;
}

std::vector<bool> parse_disabled(const StorageItem& item, Bytes value, std::size_t count) {
    std::vector<bool> disabled(count);
    for (const auto& place : decode(item.value, value).members)
        if (const auto at = number(place); at && *at < count) disabled[*at] = true;
    return disabled;
}

std::optional<std::vector<std::uint8_t>> parse_cmix_id(const StorageItem& ledger, Bytes value) {
    const auto& types = ledger.value.types;
    const auto* root = ledger.value.root < types.size() ? &types[ledger.value.root] : nullptr;
    if (root == nullptr ||
        std::ranges::find(root->fields, "cmix_id", &Field::name) == root->fields.end())
        throw Error(CMW_CONFIG, "cannot tell which node is a validator: " + ledger.prefix + "." +
                                    ledger.name +
                                    " has no field 'cmix_id'; set 'ready' to "
                                    "\"synced\" for this chain");
    try {
        const auto record = decode(ledger.value, value);
        const auto* id = unwrapped(*member(record, "cmix_id"));
        if (id == nullptr) return std::nullopt;
        const auto bytes = content(*id);
        return std::vector<std::uint8_t>(bytes.begin(), bytes.end());
    } catch (const Error&) {
        return std::nullopt; // One odd ledger is no reason to know nothing of the others.
    }
}

std::vector<std::string> Readiness::keys(const Runtime& runtime) const {
    if (settings_.ready == ready_synced || !runtime.validators) return {};
    std::vector<std::string> keys{runtime.validators->validators_key};
    if (runtime.validators->disabled) keys.push_back(runtime.validators->disabled_key);
    return keys;
}

bool Readiness::is_gateway() const {
    try {
        return read_identity(host_, "type") == "gateway";
    } catch (const Error&) {
        return false; // What is wrong with the file is told of its other field.
    }
}

Readiness::Self Readiness::self() const {
    const bool by_itself = settings_.ready == ready_auto;
    if (settings_.ready == ready_synced || (by_itself && is_gateway())) return {};
    Self self{.wanted = true, .id = {}, .why = {}};
    try {
        self.id = shared::from_hex(read_identity(host_, "hexNodeID"));
        if (self.id && self.id->size() == id_size) return self;
        self.id.reset();
        self.why = "the identity file's \"hexNodeID\" is not " + std::to_string(2 * id_size) +
                   " hexadecimal digits";
    } catch (const Error& e) {
        const bool nobody = e.status() == CMW_CONFIG || e.status() == CMW_UNSUPPORTED;
        if (nobody && by_itself) return {};
        if (nobody) throw;
        self.why = e.what();
    }
    return self;
}

Standing Readiness::judge(const Call& call, Storage& storage, const Block& block,
                          const Runtime& runtime, const Values& values) {
    const auto self = this->self();
    if (!self.wanted) return {.run = true, .reason = {}, .left = false};
    if (!self.id) return {.run = false, .reason = self.why, .left = false};
    if (!runtime.validators)
        throw Error(CMW_CONFIG, "cannot tell which node is a validator: the runtime lacks "
                                "Session.Validators, Staking.Bonded or Staking.Ledger; set "
                                "'ready' to \"synced\" for this chain");
    const auto& items = *runtime.validators;
    const auto& validators = value_of(values, items.validators_key);
    if (!validators)
        throw Error(CMW_NOT_FOUND,
                    "cannot find Session.Validators at block " + std::to_string(block.head.number));
    const auto& disabled = value_of(values, items.disabled_key);
    const auto accounts = parse_validators(items.validators, *validators);
    const bool stands = known_ && known_->id == *self.id && known_->validators == *validators;
    const bool recent = known_ && block.head.number < known_->block + blocks_between_searches;
    if (!stands || (known_->places.empty() && !recent))
        known_ = Known{.id = *self.id,
                       .validators = *validators,
                       .places = find(call, storage, block, items, accounts, *self.id),
                       .block = block.head.number};
    if (known_->places.empty())
        return {.run = false,
                .reason = "this node is none of the " + std::to_string(accounts.size()) +
                          " active validators",
                .left = true};
    const auto off = disabled && items.disabled
                         ? parse_disabled(*items.disabled, *disabled, accounts.size())
                         : std::vector<bool>(accounts.size());
    if (std::ranges::all_of(known_->places, [&](auto place) { return off[place]; }))
        return {
            .run = false, .reason = "this node is an active validator, but disabled", .left = true};
    return {.run = true, .reason = {}, .left = false};
}

std::vector<std::size_t> Readiness::find(const Call& call, Storage& storage, const Block& block,
                                         const ValidatorItems& items,
                                         const std::vector<Bytes>& accounts, const Id& id) const {
    std::vector<std::string> keys;
    for (const auto account : accounts) keys.push_back(storage_key(items.bonded, account));
    std::vector<std::string> ledgers(accounts.size()); // By place; "" without a controller.
    if (keys.empty()) return {};
    const auto controllers = storage.read(call, keys, block);
    std::vector<std::string> wanted;
    for (std::size_t i = 0; i < accounts.size(); ++i) {
        const auto& controller = value_of(controllers, keys[i]);
        if (!controller) continue;
        ledgers[i] = storage_key(items.ledger, *controller);
        wanted.push_back(ledgers[i]);
    }
    if (wanted.empty()) return {};
    const auto found = storage.read(call, wanted, block);
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < accounts.size(); ++i) {
        const auto& ledger = value_of(found, ledgers[i]);
        if (ledger && parse_cmix_id(items.ledger, *ledger) == id) places.push_back(i);
    }
    return places;
}

} // namespace cmw::substrate
