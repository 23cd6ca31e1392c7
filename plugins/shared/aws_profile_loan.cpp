// SPDX-License-Identifier: Apache-2.0
#include "shared/aws_profile_loan.hpp"

#include "shared/aws_process.hpp"
#include "shared/aws_sts.hpp"
#include "shared/aws_web_identity.hpp"
#include "shared/file_beginning.hpp"

#include <algorithm>
#include <array>
#include <pwd.h>

namespace cmw::shared {

namespace {

constexpr std::size_t longest_file = 1024 * 1024;

std::string home(const Environment& environment) {
    if (auto folder = environment("HOME"); !folder.empty()) return folder;
    // A system service has no HOME.
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found);
    return found == nullptr ? "" : found->pw_dir;
}

std::string or_else(const std::string& text, const std::string& other) {
    return text.empty() ? other : text;
}

void add(std::string& why, const std::string& more) {
    why += (why.empty() ? "" : ", ") + more;
}

Error cannot_take(const std::string& role, const std::string& name, const std::string& why) {
    return {CMW_CONFIG, "cannot take the role " + role + " of the profile " + name + ": " + why};
}

} // namespace

std::string AwsProfiles::Found::value(const char* key) const {
    const auto found = profile.find(key);
    return found == profile.end() ? "" : found->second;
}

/// The profile in each of the two files that has it.
std::vector<AwsProfiles::Found> AwsProfiles::read(const std::string& name, std::string& why) const {
    const auto folder = home(environment_) + "/.aws/";
    const auto files = {
        std::pair(or_else(environment_("AWS_SHARED_CREDENTIALS_FILE"), folder + "credentials"),
                  AwsFile::credentials),
        std::pair(or_else(environment_("AWS_CONFIG_FILE"), folder + "config"), AwsFile::config)};
    std::vector<Found> all;
    for (const auto& [file, kind] : files) {
        const auto text = read_beginning(file, longest_file);
        if (!text) {
            add(why, file + ": " + std::generic_category().message(errno));
            continue;
        }
        const auto profiles = parse_aws_profiles(*text, kind);
        const auto found = profiles.find(name);
        if (found == profiles.end())
            add(why, file + ": no profile " + name);
        else
            all.push_back({file, found->second});
    }
    return all;
}

std::optional<AwsLoan> AwsProfiles::loan(const Call& call, const std::string& name,
                                         std::int64_t now, std::string& why) const {
    return loan(call, or_else(name, or_else(environment_("AWS_PROFILE"), "default")), now, why, {});
}

std::optional<AwsLoan> AwsProfiles::loan(const Call& call, const std::string& name,
                                         std::int64_t now, std::string& why,
                                         std::vector<std::string> asked_by) const {
    const auto all = read(name, why);
    // One that takes its role by its own keys asks itself.
    const bool itself = !asked_by.empty() && asked_by.back() == name;
    asked_by.push_back(name);
    for (const auto& found : all) {
        const bool by_another =
            !found.value("source_profile").empty() || !found.value("credential_source").empty();
        if (!itself && by_another && !found.value("role_arn").empty())
            return take_role(call, name, now, found, asked_by);
    }
    for (const auto& found : all) {
        if (auto keys = keys_of(call, name, found)) return keys;
        for (const auto* other : {"role_arn", "sso_session", "sso_start_url"})
            if (!found.value(other).empty())
                add(why, found.file + ": the profile " + name + " uses " + other +
                             ", which is not supported");
    }
    return std::nullopt;
}

std::optional<AwsLoan> AwsProfiles::keys_of(const Call& call, const std::string& name,
                                            const Found& found) const {
    const auto key_id = found.value("aws_access_key_id");
    const auto secret = found.value("aws_secret_access_key");
    if (!key_id.empty() && !secret.empty())
        return AwsLoan{{key_id, Secret(secret), Secret(found.value("aws_session_token"))},
                       AwsLoan::lasting,
                       "the profile " + name + " in " + found.file};
    if (const auto command = found.value("credential_process"); !command.empty())
        return run_credential_process(call, command);
    const auto role = found.value("role_arn");
    const auto token_file = found.value("web_identity_token_file");
    if (role.empty() || token_file.empty()) return std::nullopt;
    return fetch_web_identity(call, {token_file, role, found.value("role_session_name")},
                              environment_, product_);
}

AwsLoan AwsProfiles::take_role(const Call& call, const std::string& name, std::int64_t now,
                               const Found& found, const std::vector<std::string>& asked_by) const {
    const auto role = found.value("role_arn");
    if (!found.value("mfa_serial").empty())
        throw cannot_take(role, name, "mfa_serial wants a person with a code");
    const auto source = source_of(call, name, now, found, asked_by);
    StsQuery query{{"Action", "AssumeRole"},
                   {"Version", "2011-06-15"},
                   {"RoleArn", role},
                   {"RoleSessionName", session_name(found.value("role_session_name"), product_)}};
    if (const auto id = found.value("external_id"); !id.empty())
        query.emplace_back("ExternalId", id);
    if (const auto seconds = found.value("duration_seconds"); !seconds.empty())
        query.emplace_back("DurationSeconds", seconds);
    auto loan = ask_sts(
        call, sts_place(environment_, found.value("region")), query, StsSigner{source.keys, now},
        product_, "take the role " + role + " of the profile " + name + " by " + source.origin);
    loan.origin = "the role " + role + " of the profile " + name;
    return loan;
}

/// Who asks for the role.
AwsLoan AwsProfiles::source_of(const Call& call, const std::string& name, std::int64_t now,
                               const Found& found, const std::vector<std::string>& asked_by) const {
    const auto role = found.value("role_arn");
    const auto source = found.value("source_profile");
    if (!source.empty()) {
        if (source != name && std::ranges::find(asked_by, source) != asked_by.end())
            throw cannot_take(role, name, "its source_profile " + source + " asks it again");
        std::string why;
        if (auto keys = loan(call, source, now, why, asked_by)) return *keys;
        throw cannot_take(role, name, "its source_profile " + source + " has no keys: " + why);
    }
    const auto kind = found.value("credential_source");
    if (kind == "EcsContainer") return fetch_container_role(call, environment_, product_);
    if (kind == "Ec2InstanceMetadata") return fetch_instance_role(call, environment_, product_);
    if (kind != "Environment")
        throw cannot_take(role, name, "its credential_source is none that there is: " + kind);
    if (auto keys = environment_loan(environment_)) return *keys;
    throw cannot_take(role, name, "its credential_source is Environment, which has no keys");
}

} // namespace cmw::shared
