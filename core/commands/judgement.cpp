// SPDX-License-Identifier: Apache-2.0
#include "commands/judgement.hpp"

#include "base/digest.hpp"
#include "commands/command_file.hpp"

#include <fmt/format.h>

namespace cmw::commands {

namespace {

double seconds(base::UnixTime time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

/// What is wrong with a set that is signed as it should be; "" if nothing is.
std::string fault_of(const CommandSet& set, const Terms& terms, const Standing& standing,
                     base::UnixTime now) {
    if (terms.strict && !(set.role && set.expires && set.sequence))
        return "it has not all of \"role\", \"expires\" and \"sequence\", which are asked for";
    if (set.role && *set.role != terms.role)
        return terms.role.empty()
                   ? fmt::format("it is for the role \"{}\", and no `role` is set here", *set.role)
                   : fmt::format("it is for the role \"{}\", and not \"{}\"", *set.role,
                                 terms.role);
    if (set.expires && *set.expires <= seconds(now)) return "it has expired";
    if (set.timestamp > seconds(now + clock_tolerance))
        return "its timestamp lies in the future: the clock here or there is wrong";
    if (set.timestamp <= standing.newest)
        return standing.taken.empty() ? "it was published before this host first looked"
                                      : "it is not newer than the last that was taken";
    if (standing.sequence && !set.sequence)
        return "it has no \"sequence\", and those before it had one";
    if (standing.sequence && *set.sequence <= *standing.sequence)
        return fmt::format("its sequence {} is not over {}, the last that was taken", *set.sequence,
                           *standing.sequence);
    return {};
}

} // namespace

std::string digest_of_line(std::string_view line) {
    base::Hasher hasher(base::default_algorithm);
    hasher.update(std::as_bytes(std::span(line)));
    return hasher.finish().hex();
}

Judgement judge(std::string_view content, const Certificate& certificate, const Terms& terms,
                const Standing& standing, base::UnixTime now) {
    Judgement judgement;
    const auto parts = split(content);
    if (!parts) {
        judgement.why = parts.error().what;
        return judgement;
    }
    judgement.line = parts->line;
    judgement.digest = digest_of_line(parts->line);
    // The signature comes before all else that is read of it.
    if (!certificate.signed_by_it(parts->line, parts->signature)) {
        judgement.why = "cannot trust it: the signature is not that of " + certificate.in_words();
        return judgement;
    }
    if (standing.taken.contains(judgement.digest)) {
        judgement.kind = Judgement::Kind::known;
        return judgement;
    }
    if (const auto valid = certificate.valid_at(now); !valid) {
        judgement.why = base::to_string(valid.error());
        return judgement;
    }
    auto set = parse_command_set(parts->line);
    if (!set) {
        judgement.why = set.error().what;
        return judgement;
    }
    if (const auto fault = fault_of(*set, terms, standing, now); !fault.empty()) {
        judgement.why = "cannot carry it out: " + fault;
        return judgement;
    }
    judgement.set = std::move(*set);
    judgement.kind = Judgement::Kind::news;
    return judgement;
}

} // namespace cmw::commands
