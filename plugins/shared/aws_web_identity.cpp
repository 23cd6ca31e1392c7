// SPDX-License-Identifier: Apache-2.0
#include "shared/aws_web_identity.hpp"

#include "shared/aws_sts.hpp"
#include "shared/file_beginning.hpp"

namespace cmw::shared {

namespace {

constexpr std::size_t longest_token = 64 * 1024;

std::string token_in(const std::string& file) {
    auto token = read_beginning(file, longest_token);
    if (!token)
        throw Error(CMW_AGAIN, "cannot read the web identity token " + file + ": " +
                                   std::generic_category().message(errno));
    while (token->ends_with('\n') || token->ends_with('\r')) token->pop_back();
    return *token;
}

} // namespace

std::optional<WebIdentity> web_identity_of(const Environment& environment) {
    WebIdentity identity{environment("AWS_WEB_IDENTITY_TOKEN_FILE"), environment("AWS_ROLE_ARN"),
                         environment("AWS_ROLE_SESSION_NAME")};
    if (identity.token_file.empty() || identity.role.empty()) return std::nullopt;
    return identity;
}

AwsLoan fetch_web_identity(const Call& call, const WebIdentity& identity,
                           const Environment& environment, const std::string& product) {
    auto loan = ask_sts(call, sts_place(environment),
                        {{"Action", "AssumeRoleWithWebIdentity"},
                         {"Version", "2011-06-15"},
                         {"RoleArn", identity.role},
                         {"RoleSessionName", session_name(identity.session, product)},
                         {"WebIdentityToken", token_in(identity.token_file)}},
                        std::nullopt, product,
                        "take the role " + identity.role + " by the web identity token " +
                            identity.token_file);
    loan.origin = "the role " + identity.role + " by web identity";
    return loan;
}

} // namespace cmw::shared
