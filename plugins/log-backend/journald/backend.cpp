// SPDX-License-Identifier: Apache-2.0
#include "backend.hpp"

#include "entry.hpp"
#include "shared/template.hpp"

#include <algorithm>

namespace cmw::journald {

namespace {

std::string identifier(const std::string& pattern, std::string_view stream) {
    auto made = shared::expand(pattern, {{"stream", std::string(stream)}});
    // A line feed would be legal in the protocol, but no name.
    std::ranges::replace(made, '\n', '_');
    return made;
}

} // namespace

void JournaldBackend::check(const Settings& settings) {
    (void)identifier(settings.identifier, "");
}

void JournaldBackend::check_use(const Settings&, const UseSettings& use) {
    if (use.identifier) (void)identifier(*use.identifier, "");
}

JournaldBackend::JournaldBackend(Settings settings, Host) : settings_(std::move(settings)) {
    check(settings_);
}

void JournaldBackend::write(const Call& call, Batch& batch) {
    call.check();
    const auto use = use_settings<JournaldBackend>(batch.use());
    const auto name =
        identifier(use.identifier ? *use.identifier : settings_.identifier, batch.stream());
    if (!journal_)
        journal_ = std::make_unique<Journal>(call, settings_.socket.string(), settings_.timeout);
    for (const auto& record : batch) {
        call.check();
        journal_->send(call, entry(record, name));
    }
    // All or nothing: what a journal that dies has not read is gone.
    journal_->wait_until_read(call);
}

} // namespace cmw::journald
