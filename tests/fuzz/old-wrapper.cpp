// SPDX-License-Identifier: Apache-2.0
//
// A unit file of the old wrapper, or a command line of it: whatever can be read becomes a
// configuration that can be read, in which no secret stands.
#include "config/loader.hpp"
#include "legacy/conversion.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace cmw;

void convert(const legacy::Unit& unit) {
    const auto flags = legacy::parse_flags(legacy::without_program(unit.command));
    if (!flags) return;
    const auto made = legacy::convert(*flags, {"fuzz", unit, "/etc/secrets", "", ""});
    if (!made) return;
    if (!config::parse_document(made->toml, "made.toml")) std::abort();
    // A secret has no effect on the configuration: with another one it is the same.
    const auto secret = flags->value("--s3-secret");
    if (secret.empty() || legacy::is_placeholder(secret) || !legacy::variable_of(secret).empty())
        return;
    auto other = *flags;
    for (const auto& flag : legacy::flags())
        if (flag.name == "--s3-secret") other.set(flag, "another secret");
    auto same = unit;
    for (auto& [name, value] : same.environment)
        if (value == secret) value = "another secret";
    const auto again = legacy::convert(other, {"fuzz", same, "/etc/secrets", "", ""});
    if (!again || again->toml != made->toml) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (const auto unit = legacy::parse_unit(text, "fuzz.service")) convert(*unit);
    if (const auto words = legacy::split_words(text)) {
        legacy::Unit bare;
        bare.command = *words;
        convert(bare);
    }
    return 0;
}
