// SPDX-License-Identifier: Apache-2.0
#include "commands/command_file.hpp"

#include "commands/strict_json.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

namespace cmw::commands {

using base::Result;

namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view white = " \t\r\n\v\f";
    const auto begin = text.find_first_not_of(white);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(white) - begin + 1);
}

tl::unexpected<base::Problem> refused(std::string_view why) {
    return base::fail("", fmt::format("cannot read the command file: {}", why));
}

std::string to_base64(std::span<const std::uint8_t> bytes) {
    std::string text((bytes.size() + 2) / 3 * 4, '\0');
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                    static_cast<int>(bytes.size()));
    return text;
}

/// RFC 4648 with padding; a text that another would also stand for is refused.
Result<std::vector<std::uint8_t>> from_base64(const std::string& text) {
    std::vector<std::uint8_t> bytes(text.size() / 4 * 3);
    const auto size =
        EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                        static_cast<int>(text.size()));
    if (text.empty() || size < 0) return refused("the signature is not base64");
    const auto padding = static_cast<std::size_t>(text.ends_with("==") ? 2 : text.ends_with('='));
    bytes.resize(static_cast<std::size_t>(size) - padding);
    if (to_base64(bytes) != text) return refused("the signature is not base64 as it should be");
    return bytes;
}

} // namespace

Result<SignedLine> split(std::string_view content) {
    if (content.size() > max_command_file) return refused("it is too large");
    content = trimmed(content);
    const auto end = content.find('\n');
    if (end == std::string_view::npos) return refused("it has no second line, with the signature");
    const auto second = trimmed(content.substr(end));
    if (second.find('\n') != std::string_view::npos) return refused("it has more than two lines");
    const auto object = parse_strictly(second);
    if (!object) return refused(fmt::format("its second line: {}", object.error().what));
    if ((*object)->size() != 1 || !(*object)->get("signature").isString())
        return refused("its second line is not {\"signature\": \"...\"}");
    auto signature = from_base64((*object)->getValue<std::string>("signature"));
    if (!signature) return tl::unexpected(signature.error());
    return SignedLine{trimmed(content.substr(0, end)), std::move(*signature)};
}

std::string join(std::string_view line, std::span<const std::uint8_t> signature) {
    return fmt::format("{}\n{{\"signature\": \"{}\"}}\n", trimmed(line), to_base64(signature));
}

} // namespace cmw::commands
