// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as the text of a record, with redaction and without, and as a line with a time and a
// level: no change makes a text longer than it may be or leaves what is to go, and a cut is within
// it. The first byte chooses the format of times, the second the limit.
#include "base/text.hpp"
#include "logs/level.hpp"
#include "logs/record_rules.hpp"

#include <array>
#include <cstdlib>

using namespace cmw;
using namespace cmw::logs;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    static auto formats = [] {
        std::vector<base::TimeFormat> made;
        for (const char* format : {"rfc3339", "epoch", "cmix", "substrate", "%b %e %T", "%s%f %z"})
            made.push_back(base::TimeFormat::parse(format).value());
        return made;
    }();
    static const auto rules = [] {
        config::StreamSettings stream;
        stream.event = "line";
        stream.redact = {"key=[a-z0-9]+", "(?i)pass(word)? *(.*)"};
        stream.replace_invalid = true;
        return RecordRules::parse(stream).value();
    }();
    const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
    (void)find_level(text);
    const base::UnixTime now(std::chrono::seconds(1'767'225'600));
    const auto time = formats[data[0] % formats.size()].find(text, now);
    if (time && time->time_since_epoch().count() < 0) std::abort();

    const auto limit = std::max<std::size_t>(text.size(), 4) + data[1];
    const auto changed = rules.text.rewrite(text, true, true, limit);
    if (changed && changed->size() > limit) std::abort();
    const std::string_view shown = changed ? std::string_view(*changed) : text;
    for (std::size_t at = 0; at < shown.size();) {
        const auto length = base::utf8_length(shown.substr(at));
        if (length == 0) std::abort(); // All of it is valid now.
        at += length;
    }
    const auto most = std::size_t{4} + data[1];
    if (text.size() > most) {
        const auto cut = rules.text.cut(text, most);
        if (cut == 0 || cut > most) std::abort();
    }
    return 0;
}
