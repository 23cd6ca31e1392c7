// SPDX-License-Identifier: Apache-2.0
//
// tools/reference.cpp - keeps the generated part of docs/configuration.md: between two marks stands
// what config::reference_markdown() says.
//
//   reference check FILE   exit status 0 if the part is current
//   reference write FILE   makes it so
#include "config/loader.hpp"
#include "support/temporary_folder.hpp"

#include <iostream>

namespace {

constexpr std::string_view begin_mark = "<!-- generated reference: begin -->\n";
constexpr std::string_view end_mark = "<!-- generated reference: end -->\n";

/// `text` with a current part; nothing if the marks are not there.
std::optional<std::string> with_reference(const std::string& text) {
    const auto begin = text.find(begin_mark);
    const auto end = text.find(end_mark);
    if (begin == std::string::npos || end == std::string::npos || end < begin) return std::nullopt;
    return text.substr(0, begin + begin_mark.size()) + "\n" + cmw::config::reference_markdown() +
           text.substr(end);
}

} // namespace

int main(int argc, char** argv) {
    const std::string verb = argc == 3 ? argv[1] : "";
    if (verb != "check" && verb != "write") {
        std::cerr << "usage: reference check|write FILE\n";
        return 2;
    }
    const std::string file = argv[2];
    const auto text = cmw::test::read_text(file);
    const auto current = with_reference(text);
    if (!current) {
        std::cerr << file << ": cannot find the marks of the generated reference\n";
        return 1;
    }
    if (*current == text) return 0;
    if (verb == "write") {
        cmw::test::write_text(file, *current);
        return 0;
    }
    std::cerr << file << ": the generated reference is stale; run: " << argv[0] << " write " << file
              << "\n";
    return 1;
}
