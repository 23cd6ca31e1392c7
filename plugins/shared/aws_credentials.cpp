// SPDX-License-Identifier: Apache-2.0
#include "shared/aws_credentials.hpp"

#include "shared/aws_profile_loan.hpp"
#include "shared/aws_web_identity.hpp"

namespace cmw::shared {

namespace {

constexpr std::int64_t renew_before = 5 * 60; ///< Seconds.
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

AwsLoan AwsCredentials::find(const Call& call, std::int64_t now) const {
    const bool any = settings_.source == "auto";
    const auto wanted = [&](const char* source) { return any || settings_.source == source; };
    std::string why;
    if (wanted("options"))
        if (auto loan = from_options()) return *loan;
    if (wanted("environment"))
        if (auto loan = environment_loan(environment_)) return *loan;
    if (wanted("web-identity"))
        if (const auto identity = web_identity_of(environment_))
            return fetch_web_identity(call, *identity, environment_, product_);
    if (wanted("profile"))
        if (auto loan = AwsProfiles(environment_, product_).loan(call, settings_.profile, now, why))
            return *loan;
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
        loan_ = find(call, now);
    } catch (const Error& failure) {
        // The old ones may still do.
        if (failure.status() == CMW_CANCELLED || !loan_ || now >= loan_->expires) throw;
    }
    return loan_->keys;
}

} // namespace cmw::shared
