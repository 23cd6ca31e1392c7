// SPDX-License-Identifier: Apache-2.0
#include "shared/aws_credentials.hpp"

#include "shared/aws_process.hpp"
#include "shared/aws_profile.hpp"
#include "shared/aws_web_identity.hpp"
#include "shared/file_beginning.hpp"

#include <array>
#include <pwd.h>

namespace cmw::shared {

namespace {

constexpr std::int64_t renew_before = 5 * 60; ///< Seconds.
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

/// The profile in the file, if there are both.
AwsProfile read_profile(const std::string& file, AwsFile kind, const std::string& name,
                        std::string& why) {
    const auto text = read_beginning(file, longest_file);
    if (!text) {
        why += (why.empty() ? "" : ", ") + file + ": " + std::generic_category().message(errno);
        return {};
    }
    const auto profiles = parse_aws_profiles(*text, kind);
    const auto found = profiles.find(name);
    if (found != profiles.end()) return found->second;
    why += (why.empty() ? "" : ", ") + file + ": no profile " + name;
    return {};
}

} // namespace

void check_aws_credentials(const AwsCredentialSettings& settings) {
    const bool has_secret = !settings.secret.reveal().empty();
    if (settings.key_id.empty() != !has_secret)
        throw Error(CMW_CONFIG, "cannot sign with one half of a key: set both access-key-id and "
                                "secret-access-key, or neither");
    if (settings.source == "options" && !has_secret)
        throw Error(CMW_CONFIG, "cannot take the credentials from the options: set access-key-id "
                                "and secret-access-key");
    if (settings.source != "options" && settings.source != "auto" && has_secret)
        throw Error(CMW_CONFIG, "cannot use access-key-id with credentials = \"" + settings.source +
                                    "\": remove one of the two");
}

std::optional<AwsLoan> AwsCredentials::from_options() const {
    if (settings_.key_id.empty()) return std::nullopt;
    return AwsLoan{{settings_.key_id, settings_.secret, settings_.session_token},
                   AwsLoan::lasting,
                   "the option access-key-id"};
}

std::optional<AwsLoan> AwsCredentials::from_environment() const {
    const auto key_id = environment_("AWS_ACCESS_KEY_ID");
    const auto secret = environment_("AWS_SECRET_ACCESS_KEY");
    if (key_id.empty() || secret.empty()) return std::nullopt;
    return AwsLoan{{key_id, Secret(secret), Secret(environment_("AWS_SESSION_TOKEN"))},
                   AwsLoan::lasting,
                   "AWS_ACCESS_KEY_ID in the environment"};
}

std::optional<AwsLoan> AwsCredentials::from_profile(const Call& call, std::string& why) const {
    const auto name = or_else(settings_.profile, or_else(environment_("AWS_PROFILE"), "default"));
    const auto folder = home(environment_) + "/.aws/";
    const auto files = {
        std::pair(or_else(environment_("AWS_SHARED_CREDENTIALS_FILE"), folder + "credentials"),
                  AwsFile::credentials),
        std::pair(or_else(environment_("AWS_CONFIG_FILE"), folder + "config"), AwsFile::config)};
    for (const auto& [file, kind] : files) {
        const auto profile = read_profile(file, kind, name, why);
        const auto value = [&](const char* key) {
            const auto found = profile.find(key);
            return found == profile.end() ? "" : found->second;
        };
        if (!value("aws_access_key_id").empty() && !value("aws_secret_access_key").empty())
            return AwsLoan{{value("aws_access_key_id"), Secret(value("aws_secret_access_key")),
                            Secret(value("aws_session_token"))},
                           AwsLoan::lasting,
                           "the profile " + name + " in " + file};
        if (const auto command = value("credential_process"); !command.empty())
            return run_credential_process(call, command);
        if (!value("role_arn").empty() && !value("web_identity_token_file").empty())
            return fetch_web_identity(
                call,
                {value("web_identity_token_file"), value("role_arn"), value("role_session_name")},
                environment_, product_);
        for (const auto* other : {"role_arn", "sso_session", "sso_start_url"})
            if (!value(other).empty())
                why += (why.empty() ? "" : ", ") + file + ": the profile " + name + " uses " +
                       other + ", which is not supported";
    }
    return std::nullopt;
}

AwsLoan AwsCredentials::find(const Call& call) const {
    const bool any = settings_.source == "auto";
    const auto wanted = [&](const char* source) { return any || settings_.source == source; };
    std::string why;
    if (wanted("options"))
        if (auto loan = from_options()) return *loan;
    if (wanted("environment"))
        if (auto loan = from_environment()) return *loan;
    if (wanted("web-identity"))
        if (const auto identity = web_identity_of(environment_))
            return fetch_web_identity(call, *identity, environment_, product_);
    if (wanted("profile"))
        if (auto loan = from_profile(call, why)) return *loan;
    if (wanted("container") && !container_url(environment_).empty())
        return fetch_container_role(call, environment_, product_);
    if (settings_.source == "instance" || (any && may_have_instance_role(environment_)))
        return fetch_instance_role(call, environment_, product_);
    const std::string help = "; set access-key-id and secret-access-key, or credentials = "
                             "\"anonymous\" for what everybody may read";
    if (any)
        throw Error(CMW_DENIED, "cannot find AWS credentials: none in the options and in "
                                "AWS_ACCESS_KEY_ID, no web identity, no profile (" +
                                    why + "), no role of a container, not in EC2" + help);
    if (settings_.source == "profile")
        throw Error(CMW_DENIED, "cannot find AWS credentials: no profile (" + why + ")" + help);
    throw Error(CMW_DENIED, "cannot find AWS credentials: none where credentials = \"" +
                                settings_.source + "\" says" + help);
}

std::optional<AwsKeys> AwsCredentials::get(const Call& call, std::int64_t now) {
    if (settings_.source == "anonymous") return std::nullopt;
    const bool fresh =
        loan_ && (loan_->expires == AwsLoan::lasting || now < loan_->expires - renew_before);
    if (fresh) return loan_->keys;
    try {
        loan_ = find(call);
    } catch (const Error& failure) {
        // The old ones may still do.
        if (failure.status() == CMW_CANCELLED || !loan_ || now >= loan_->expires) throw;
    }
    return loan_->keys;
}

} // namespace cmw::shared
