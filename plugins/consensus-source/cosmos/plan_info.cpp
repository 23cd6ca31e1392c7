// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/cosmos/plan_info.hpp"

#include "shared/http_exchange.hpp"

#include <Poco/Exception.h>
#include <openssl/evp.h>

namespace cmw::cosmos {
namespace {

std::vector<std::uint8_t> digest_of(const std::string& text, const std::string& algorithm) {
    const EVP_MD* method = algorithm == "sha-256"   ? EVP_sha256()
                           : algorithm == "sha-512" ? EVP_sha512()
                                                    : EVP_blake2s256();
    std::vector<std::uint8_t> digest(EVP_MAX_MD_SIZE);
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, method, nullptr) != 1)
        throw Error(CMW_FAILED, "cannot compute a digest");
    digest.resize(size);
    return digest;
}

std::string trimmed(const std::string& text) {
    const auto* blank = " \t\r\n";
    const auto first = text.find_first_not_of(blank);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

} // namespace

Binary PlanInfo::binary(const Call& call, const std::string& info) {
    const auto text = trimmed(info);
    if (!is_url(text)) return parse_binaries(text, this_platform());
    auto known = documents_.find(text);
    if (known == documents_.end()) {
        documents_.clear(); // One plan is of interest at a time.
        known = documents_.emplace(text, document(call, text)).first;
    }
    return parse_binaries(known->second, this_platform());
}

std::string PlanInfo::document(const Call& call, const std::string& url) const {
    Binary expected;
    try {
        expected = parse_url(url);
    } catch (const Error& e) {
        throw Error(e.status(), "the document " + shared::shown_url(url) +
                                    " that the plan names cannot be used: " + e.what());
    }
    try {
        auto text = download(call, expected.locations.at(0), limits_);
        if (digest_of(text, expected.algorithm) == expected.digest) return text;
    } catch (const Poco::Exception& e) {
        throw Error(CMW_INVALID, "the plan names no URL: " + e.displayText());
    } catch (const Error& e) {
        // What was served is wrong, not the plan.
        throw Error(e.status() == CMW_INVALID ? CMW_AGAIN : e.status(), e.what());
    }
    // Not for ever: what is served there can be mended.
    throw Error(CMW_AGAIN,
                "cannot use " + shared::shown_url(url) + ": it has not the plan's checksum");
}

} // namespace cmw::cosmos
