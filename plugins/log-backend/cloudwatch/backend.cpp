// SPDX-License-Identifier: Apache-2.0
#include "backend.hpp"

#include "shared/aws_signature.hpp"
#include "shared/host_name.hpp"
#include "shared/template.hpp"

#include <array>
#include <cmw/identity.hpp>

namespace cmw::cloudwatch {

namespace {

constexpr const char* put_log_events = "PutLogEvents";

/// Requests of one write that halve. One bad event among 10,000 takes 14 of them, so a write gets past
/// some in any case; then the host calls again, after a pause.
constexpr unsigned most_halvings = 100;

ServiceSettings service_settings(const CloudWatchBackend::Settings& settings) {
    return {.region = settings.region,
            .endpoint = settings.endpoint,
            .credentials = {settings.credentials, settings.key_id, settings.secret,
                            settings.session_token, settings.profile},
            .http = shared::http_settings(settings.timeout, settings.proxy, settings.ca)};
}

void check_stream_pattern(const std::string& pattern) {
    check_stream_name(shared::expand(pattern, {{"id", "x"}, {"stream", "x"}, {"host", "x"}}));
}

/// "PutRetentionPolicy" takes no other.
void check_retention(std::int64_t days) {
    constexpr std::array<std::int64_t, 22> known{1,    3,    5,    7,    14,   30,  60,  90,
                                                 120,  150,  180,  365,  400,  545, 731, 1096,
                                                 1827, 2192, 2557, 2922, 3288, 3653};
    if (std::ranges::find(known, days) == known.end())
        throw Error(CMW_CONFIG, "cannot use retention-days = " + std::to_string(days) +
                                    ": CloudWatch Logs knows 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, "
                                    "180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 "
                                    "and 3653");
}

} // namespace

void CloudWatchBackend::check(const Settings& settings) {
    check_group_name(settings.group);
    check_stream_pattern(settings.stream);
    if (settings.retention_days) check_retention(*settings.retention_days);
    check_service_settings(service_settings(settings));
}

void CloudWatchBackend::check_use(const Settings&, const UseSettings& use) {
    if (use.group) check_group_name(*use.group);
    if (use.stream) check_stream_pattern(*use.stream);
}

CloudWatchBackend::CloudWatchBackend(Settings settings, Host host,
                                     const shared::Environment& environment)
    : settings_(std::move(settings)),
      host_(host),
      service_(service_settings(settings_), environment, host),
      destinations_(service_, {.create = settings_.create,
                               .retention_days = settings_.retention_days.value_or(0),
                               .tags = settings_.tags}) {
    check(settings_);
    if (settings_.compress) gzip_.emplace();
}

void CloudWatchBackend::limits(cmw_log_limits& limits) const {
    limits.records = most_events;
    // With several in memory each holds half: it costs hardly more, and keeps the memory down.
    limits.bytes = settings_.requests > 1 ? most_bytes / 2 : most_bytes;
    limits.overhead_bytes = event_overhead;
    limits.record_bytes = static_cast<std::uint32_t>(limits.bytes) - event_overhead;
    limits.linger_ns = settings_.linger.count();
    limits.in_flight = static_cast<std::uint32_t>(settings_.requests);
}

std::string CloudWatchBackend::stream_name(const std::string& pattern, std::string_view stream) {
    const bool wants_id = pattern.find("{id}") != std::string::npos;
    if (wants_id && id_.empty()) id_ = read_identity(host_, "id");
    const auto host = shared::host_name();
    auto name = shared::expand(pattern, {{"id", id_},
                                         {"stream", std::string(stream)},
                                         {"host", host.empty() ? "localhost" : host}});
    check_stream_name(name);
    return name;
}

Destination CloudWatchBackend::destination_of(const Batch& batch) {
    const auto use = use_settings<CloudWatchBackend>(batch.use());
    return {use.group.value_or(settings_.group),
            stream_name(use.stream.value_or(settings_.stream), batch.stream())};
}

void CloudWatchBackend::tell_rejected(const Destination& destination, const Rejected& rejected) {
    if (rejected.count() == 0) return;
    rejected_ += rejected.count();
    host_.warn("CloudWatch Logs dropped " + std::to_string(rejected.count()) + " records of " +
               destination.shown() + ": " + std::to_string(rejected.too_old) +
               " older than 14 days, " + std::to_string(rejected.expired) +
               " older than the group keeps them, " + std::to_string(rejected.too_new) +
               " more than 2 hours in the future (" + std::to_string(rejected_) +
               " since this instance began); they are not sent again");
}

void CloudWatchBackend::set_aside(const Destination& destination, const Event& event,
                                  const Refusal& refusal) {
    ++set_aside_;
    host_.error("CloudWatch Logs cannot take a record of " + std::to_string(event.message.size()) +
                " bytes of " + destination.shown() + ": " + refusal.message + "; it is left out (" +
                std::to_string(set_aside_) + " since this instance began)");
}

/// The request with that body.
Service::Asked CloudWatchBackend::signed_for(shared::HttpBody::Writer body) {
    shared::Sha256 digest;
    std::size_t size = 0;
    body([&](std::string_view piece) {
        digest.add(piece);
        size += piece.size();
    });
    return {put_log_events, {size, std::move(body)}, digest.hex()};
}

/// The same, with the body packed.
Service::Asked CloudWatchBackend::packed(const shared::HttpBody::Writer& body) {
    std::string whole;
    body([&](std::string_view piece) { whole += piece; });
    const std::string_view text = gzip_->compress(whole);
    return {put_log_events, shared::HttpBody(text), shared::sha256_hex(text), true};
}

CloudWatchBackend::Put CloudWatchBackend::put(const Call& call, const Destination& destination,
                                              std::span<const Event> events, Batch& batch) {
    const auto sorted = by_time(events, sorted_);
    const auto write = [&](const shared::HttpBody::Sink& sink) {
        json_.begin(destination.group, destination.stream, sink);
        for (const auto& event : sorted) json_.add(event.time_ms, event.message);
        json_.finish();
    };
    // Once for the signature, and once to be sent: that is cheaper than the memory between.
    const auto asked = gzip_ ? packed(write) : signed_for(write);
    // The host counts bytes as they were read; what is not UTF-8 has grown.
    const bool too_large = json_.message_bytes() + events.size() * event_overhead > most_bytes;
    if (too_large && events.size() > 1) return Put::halve;

    const auto answer = service_.call(call, asked);
    const auto refusal = parse_refusal(answer);
    if (!refusal) {
        destinations_.is_there(destination);
        const auto rejected = parse_rejected(answer.body, events.size());
        tell_rejected(destination, rejected);
        batch.rejected(rejected.count());
        return Put::done;
    }
    if (refusal->is("DataAlreadyAcceptedException")) return Put::done;
    if (refusal->is("ResourceNotFoundException") && destinations_.make(call, destination))
        return Put::again;
    if (!is_about_events(*refusal))
        throw service_.refused(*refusal, put_log_events, destination.shown());
    if (events.size() == 1) {
        set_aside(destination, events.front(), *refusal);
        batch.rejected(1);
        return Put::done;
    }
    if (++halvings_ > most_halvings)
        throw service_.refused(*refusal, put_log_events, destination.shown());
    return Put::halve;
}

void CloudWatchBackend::write(const Call& call, Batch& batch) {
    const auto destination = destination_of(batch);
    destinations_.prepare(call, destination);
    events_.clear();
    for (const auto& record : batch) {
        constexpr std::int64_t millisecond = 1'000'000;
        // The service takes no time before 1970.
        const auto time_ms = std::max<std::int64_t>(record.time_ns, 0) / millisecond;
        events_.push_back({time_ms, to_view(record.text)});
    }
    halvings_ = 0;
    const std::span<const Event> all(events_);
    for (std::size_t begin = 0; begin < all.size();) {
        std::vector<std::size_t> ends{begin + part_size(all.subspan(begin))};
        while (!ends.empty()) {
            call.check();
            const auto size = ends.back() - begin;
            const auto came = put(call, destination, all.subspan(begin, size), batch);
            if (came == Put::halve) ends.push_back(begin + size / 2);
            if (came != Put::done) continue;
            begin = ends.back();
            ends.pop_back();
            batch.delivered(begin);
        }
    }
}

} // namespace cmw::cloudwatch
