// SPDX-License-Identifier: Apache-2.0
#include "backend.hpp"

#include "shared/host_name.hpp"
#include "shared/template.hpp"

#include <algorithm>
#include <set>

namespace cmw::syslog {

namespace {

using Form = MessageRules::Form;
using Framing = MessageRules::Framing;

std::string text_of(const std::optional<std::filesystem::path>& path) {
    return path ? path->string() : std::string();
}

Framing framing_of(const SyslogBackend::Settings& settings, const Address& address) {
    if (!address.stream()) return Framing::none;
    if (settings.framing == "line-feed") return Framing::line_feed;
    return settings.framing == "nul" ? Framing::nul : Framing::octet_counting;
}

std::string app_name(const std::string& pattern, std::string_view stream) {
    return shared::expand(pattern, {{"stream", std::string(stream)}});
}

std::size_t usual_size(const SyslogBackend::Settings& settings, const Address& address) {
    if (settings.format == "rfc3164") return 1024;                     // RFC 3164, 4.1
    return address.transport == Address::Transport::udp ? 2048 : 8192; // RFC 5426, 3.2
}

MessageRules rules_of(const SyslogBackend::Settings& settings, const Address& address) {
    MessageRules rules;
    if (settings.format == "rfc3164")
        rules.form = address.local() ? Form::rfc3164_local : Form::rfc3164;
    rules.framing = framing_of(settings, address);
    rules.facility = facility_number(settings.facility);
    rules.hostname = settings.hostname.empty() ? shared::host_name() : settings.hostname;
    rules.app_name = settings.app_name;
    rules.structured_id = settings.structured_id;
    rules.escape = settings.escape;
    rules.max_size = settings.max_size ? static_cast<std::size_t>(settings.max_size->count)
                                       : usual_size(settings, address);
    return rules;
}

TlsFiles tls_files(const SyslogBackend::Settings& settings) {
    return {text_of(settings.ca), text_of(settings.certificate), text_of(settings.key)};
}

} // namespace

void SyslogBackend::check(const Settings& settings) {
    const auto address = parse_address(settings.address);
    const auto rules = rules_of(settings, address);
    (void)app_name(settings.app_name, "");
    if (!rules.structured_id.empty() && !is_structured_id(rules.structured_id))
        throw Error(CMW_CONFIG, "cannot use the structured-data \"" + rules.structured_id +
                                    "\": write it like \"cmw@32473\"");
    const bool counted = rules.framing == Framing::none || rules.framing == Framing::octet_counting;
    if (!settings.escape && !counted)
        throw Error(CMW_CONFIG, "cannot use framing = \"" + settings.framing +
                                    "\" with escape = false: a record could hold such a byte");
    const bool tls = address.transport == Address::Transport::tls;
    if (tls && !counted)
        throw Error(CMW_CONFIG, "cannot use framing = \"" + settings.framing +
                                    "\": TLS has octet counting only (RFC 5425)");
    if (tls) return check_tls_files(tls_files(settings));
    if (settings.ca || settings.certificate || settings.key)
        throw Error(CMW_CONFIG, "cannot use tls.ca, tls.certificate or tls.key: the address does "
                                "not begin with tls://");
}

void SyslogBackend::check_use(const Settings&, const UseSettings& use) {
    if (use.app_name) (void)app_name(*use.app_name, "");
}

SyslogBackend::SyslogBackend(const Settings& settings, Host host) : host_(host) {
    check(settings);
    const auto address = parse_address(settings.address);
    channel_settings_ = {address, settings.address, settings.timeout, tls_files(settings),
                         settings.rate};
    rules_ = rules_of(settings, address);
}

void SyslogBackend::limits(cmw_log_limits& limits) const {
    // One record, one message, unless bytes must be escaped.
    constexpr std::size_t least = 64;
    auto rules = rules_;
    rules.app_name = std::string(64, 'x'); // What the stream's name makes of it is not known.
    const auto header = header_size(rules);
    const auto room = rules.max_size > header + least ? rules.max_size - header : least;
    limits.record_bytes = std::min(limits.record_bytes, static_cast<std::uint32_t>(room));
}

void SyslogBackend::write(const Call& call, Batch& batch) {
    call.check();
    auto rules = rules_;
    const auto use = use_settings<SyslogBackend>(batch.use());
    if (use.facility) rules.facility = facility_number(*use.facility);
    rules.app_name = app_name(use.app_name ? *use.app_name : rules.app_name, batch.stream());
    messages_.bytes.clear();
    messages_.ends.clear();
    records_.clear();
    for (const auto& record : batch) {
        append(messages_, record, rules);
        records_.push_back(messages_.ends.size());
    }
    if (!channel_) channel_ = open_channel(call, channel_settings_);
    // All or nothing: what a broken connection has carried may be lost on the other side.
    leave_out(batch, channel_->send(call, messages_));
}

/// Messages that are too large for the way: the same bytes will never do.
void SyslogBackend::leave_out(Batch& batch, const std::vector<std::size_t>& messages) {
    if (messages.empty()) return;
    std::set<std::ptrdiff_t> records;
    for (const auto message : messages)
        records.insert(std::ranges::upper_bound(records_, message) - records_.begin());
    batch.rejected(records.size());
    host_.error("cannot send " + std::to_string(records.size()) + " records of stream " +
                std::string(batch.stream()) + " to " + channel_settings_.shown +
                ": they are larger than a datagram can be, and left out; lower max-size");
}

} // namespace cmw::syslog
