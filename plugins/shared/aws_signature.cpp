// SPDX-License-Identifier: Apache-2.0
#include "shared/aws_signature.hpp"

#include "shared/hex.hpp"
#include "shared/lower_case.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

namespace cmw::shared {

namespace {

using Digest = std::array<std::uint8_t, SHA256_DIGEST_LENGTH>;
using Fields = std::vector<std::pair<std::string, std::string>>;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string_view text_of(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Digest hmac(std::string_view key, std::string_view text) {
    Digest digest{};
    unsigned size = 0;
    if (::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(),
               digest.data(), &size) == nullptr)
        throw Error(CMW_FAILED, "cannot sign: OpenSSL has no HMAC with SHA-256");
    return digest;
}

/// Without white space at the ends, and with one space for each run of it within.
std::string trimmed(std::string_view value) {
    std::string text;
    for (const char c : value) {
        const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        if (!space) text += c;
        if (space && !text.empty() && text.back() != ' ') text += ' ';
    }
    if (text.ends_with(' ')) text.pop_back();
    return text;
}

/// Names in lower case and in order, values trimmed, those of one name joined.
std::map<std::string, std::string> canonical_headers(const Fields& headers) {
    std::map<std::string, std::string> all;
    for (const auto& [name, value] : headers) {
        auto& field = all[lower_case(name)];
        if (!field.empty()) field += ',';
        field += trimmed(value);
    }
    return all;
}

std::string names_of(const std::map<std::string, std::string>& headers) {
    std::string names;
    for (const auto& [name, value] : headers) names += (names.empty() ? "" : ";") + name;
    return names;
}

/// Without "." and "..", and with one "/" where there are several (RFC 3986, 5.2.4).
std::string normalised(std::string_view path) {
    std::vector<std::string_view> pieces;
    bool folder = path.ends_with('/');
    for (std::size_t at = 0; at < path.size();) {
        const auto end = std::min(path.find('/', at), path.size());
        const auto piece = path.substr(at, end - at);
        at = end + 1;
        if (at >= path.size() && (piece == "." || piece == "..")) folder = true;
        if (piece == ".." && !pieces.empty()) pieces.pop_back();
        if (!piece.empty() && piece != "." && piece != "..") pieces.push_back(piece);
    }
    std::string text;
    for (const auto piece : pieces) text += "/" + std::string(piece);
    return text.empty() || folder ? text + "/" : text;
}

std::string canonical_query(const Fields& query) {
    Fields encoded;
    for (const auto& [name, value] : query)
        encoded.emplace_back(aws_encode(name, false), aws_encode(value, false));
    std::ranges::sort(encoded);
    std::string text;
    for (const auto& [name, value] : encoded)
        text += (text.empty() ? "" : "&") + name + "=" + value;
    return text;
}

std::string digest_of_body(const AwsRequest& request) {
    return request.body_digest.empty() ? sha256_hex(request.body) : request.body_digest;
}

} // namespace

std::string aws_encode(std::string_view text, bool keep_slash) {
    std::string encoded;
    for (const char c : text) {
        const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (plain || (c == '/' && keep_slash)) {
            encoded += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            encoded += {'%', "0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};
        }
    }
    return encoded;
}

std::string aws_time(std::int64_t seconds) {
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    std::array<char, 32> text{};
    ::gmtime_r(&time, &parts);
    return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts)};
}

std::string sha256_hex(std::string_view bytes) {
    Digest digest{};
    ::SHA256(bytes_of(bytes), bytes.size(), digest.data());
    return to_hex(digest);
}

Sha256::Sha256() : context_(::EVP_MD_CTX_new()) {
    if (context_ != nullptr && ::EVP_DigestInit_ex(context_, ::EVP_sha256(), nullptr) == 1) return;
    ::EVP_MD_CTX_free(context_);
    throw Error(CMW_FAILED, "cannot sign: OpenSSL has no SHA-256");
}

Sha256::~Sha256() {
    ::EVP_MD_CTX_free(context_);
}

void Sha256::add(std::string_view bytes) {
    ::EVP_DigestUpdate(context_, bytes.data(), bytes.size());
}

std::string Sha256::hex() {
    Digest digest{};
    ::EVP_DigestFinal_ex(context_, digest.data(), nullptr);
    return to_hex(digest);
}

std::string canonical_request(const AwsRequest& request, const AwsScope& scope) {
    const auto headers = canonical_headers(request.headers);
    // In S3 "a//b" and "a/../b" are names of objects.
    const auto path = scope.service == "s3" ? request.path : normalised(request.path);
    auto text = request.method + "\n" + aws_encode(path, true) + "\n" +
                canonical_query(request.query) + "\n";
    for (const auto& [name, value] : headers) {
        text += name;
        text += ':';
        text += value;
        text += '\n';
    }
    return text + "\n" + names_of(headers) + "\n" + digest_of_body(request);
}

std::map<std::string, std::string> sign(const AwsRequest& request, const AwsScope& scope,
                                        const AwsKeys& keys) {
    constexpr const char* algorithm = "AWS4-HMAC-SHA256";
    const auto time = aws_time(scope.time);
    const auto date = time.substr(0, 8);
    std::map<std::string, std::string> added{{"X-Amz-Date", time}};
    if (scope.service == "s3") added["X-Amz-Content-Sha256"] = digest_of_body(request);
    if (const auto& token = keys.session_token.reveal(); !token.empty())
        added["X-Amz-Security-Token"] = token;

    auto whole = request;
    whole.headers.insert(whole.headers.end(), added.begin(), added.end());
    const auto area = date + "/" + scope.region + "/" + scope.service + "/aws4_request";
    const auto to_sign = std::string(algorithm) + "\n" + time + "\n" + area + "\n" +
                         sha256_hex(canonical_request(whole, scope));
    auto key = hmac("AWS4" + keys.secret.reveal(), date);
    for (const std::string_view part :
         {std::string_view(scope.region), std::string_view(scope.service),
          std::string_view("aws4_request")})
        key = hmac(text_of(key), part);
    added["Authorization"] = std::string(algorithm) + " Credential=" + keys.key_id + "/" + area +
                             ", SignedHeaders=" + names_of(canonical_headers(whole.headers)) +
                             ", Signature=" + to_hex(hmac(text_of(key), to_sign));
    return added;
}

} // namespace cmw::shared
