// SPDX-License-Identifier: Apache-2.0
//
// Bytes of a log, in chunks, to records: none is lost, none is too long, and how the bytes came does
// not matter. The first byte chooses the rule, the second the limit, the third the chunks.
#include "logs/assembler.hpp"

#include <cstdlib>
#include <string>
#include <vector>

using namespace cmw::logs;

namespace {

std::vector<std::size_t> sizes(const RecordRules& rule, std::string_view bytes, std::size_t limit,
                               std::size_t chunk) {
    Assembler assembler(rule, limit);
    std::vector<std::size_t> all;
    std::size_t begin = 0;
    for (std::size_t shown = 0; shown < bytes.size();) {
        shown = std::min(shown + chunk, bytes.size());
        const auto following = shown == bytes.size() ? Following::nothing : Following::more;
        while (const auto record = assembler.next(bytes.substr(begin, shown - begin), following)) {
            if (record->size == 0 || record->text.size() > limit) std::abort();
            if (record->text.size() > record->size) std::abort();
            const auto changed =
                rule.text.rewrite(record->text, record->continued, record->continues, limit);
            if (changed && changed->size() > limit) std::abort();
            all.push_back(record->size);
            begin += record->size;
        }
    }
    if (begin != bytes.size()) std::abort();
    return all;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    static const auto rules = [] {
        std::vector<RecordRules> made;
        for (const char* event : {"line", "level-word", "[0-9]+ "}) {
            cmw::config::StreamSettings stream;
            stream.event = event;
            made.push_back(RecordRules::parse(stream).value());
        }
        return made;
    }();
    const auto& rule = rules[data[0] % 3];
    const std::size_t limit = 4 + data[1] % 60;
    const std::size_t chunk = 1 + data[2] % 40;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
    if (sizes(rule, bytes, limit, chunk) != sizes(rule, bytes, limit, bytes.size() + 1))
        std::abort();
    return 0;
}
