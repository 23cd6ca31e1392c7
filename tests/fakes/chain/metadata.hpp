// SPDX-License-Identifier: Apache-2.0
//
// fakes/chain/metadata.hpp - metadata of a small runtime of our choice, in version 13, 14 or 15.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cmw::fakes {

/// The record that the chain keeps: an H256 for each of `fields`, then, if `extra`, a field
/// "extra": Option<Vec<H256>>; and what else the runtime has.
struct Record {
    std::vector<std::string> fields{"server", "gateway"};
    bool extra = true;
    std::string pallet = "XXCmix";
    std::string item = "CmixHashes";
    bool map = false; ///< The item is a map from u8.
    std::uint8_t version = 14;
    bool validators = false; ///< Session and Staking, as the xx network has them.
    bool disabled = true;    ///< With validators: Session.DisabledValidators.
    /// A committee, "TechnicalCommittee", Utility.batch and the scheduler; "" for none.
    std::string committee;
    bool inline_calls = false; ///< The scheduler keeps calls encoded, as newer runtimes do.
};

std::vector<std::uint8_t> make_metadata(const Record& record);

/// The record's value: each field is 32 times its number, and extra is None.
std::vector<std::uint8_t> make_value(const Record& record,
                                     const std::vector<std::uint8_t>& digests);

// Calls of a runtime with a committee, encoded.

/// set_cmix_hashes of the record's pallet, with such a value.
std::vector<std::uint8_t> make_call(const std::vector<std::uint8_t>& value);
/// Utility.batch of such calls.
std::vector<std::uint8_t> make_batch(const std::vector<std::vector<std::uint8_t>>& calls);
/// A call of the record's pallet that changes nothing.
std::vector<std::uint8_t> make_other_call(const std::vector<std::uint8_t>& remark);

/// A value of Scheduler.Agenda with one task.
std::vector<std::uint8_t> make_agenda(const Record& record, const std::vector<std::uint8_t>& call);

} // namespace cmw::fakes
