// SPDX-License-Identifier: Apache-2.0
#include "unit/binary_store/artifacts.hpp"

#include <cstring>
#include <elf.h>

using namespace cmw;
using namespace cmw::binary_store;

namespace {

std::string begin_of_this_program() {
    return test::read_text("/proc/self/exe").substr(0, 4096);
}

std::string changed(std::size_t at, char value) {
    auto begin = begin_of_this_program();
    begin.at(at) = value;
    return begin;
}

/// This program with another dynamic linker of the same length.
std::string with_interpreter(const std::string& path) {
    auto begin = begin_of_this_program();
    const auto at = begin.find("/lib");
    REQUIRE(at != std::string::npos);
    REQUIRE(std::strlen(begin.c_str() + at) >= path.size());
    std::memcpy(begin.data() + at, path.c_str(), path.size() + 1);
    return begin;
}

} // namespace

TEST_CASE("a file that this machine executes is told from one that it would not") {
    const test::TemporaryFolder folder;
    test::write_text(folder / "plain", "not executable");
    const auto plain = folder / "plain";
    struct Row {
        std::string begin;
        std::string_view expected;
    };
    const auto not_executable = "its interpreter " + plain + " is not executable";
    const std::vector<Row> table{
        {begin_of_this_program(), ""},
        {"#!/bin/sh\nexit 0\n", ""},
        {"#! /bin/sh -e", ""},
        {"#!\t/usr/bin/env python3\n", ""},
        {"", "it is empty"},
        {"hello", "neither an ELF program nor a script"},
        {"\x7f"
         "ELF",
         "cut off"},
        {changed(EI_CLASS, ELFCLASSNONE), "for another machine"},
        {changed(EI_DATA, ELFDATANONE), "for another machine"},
        {changed(offsetof(Elf64_Ehdr, e_machine), 0), "for another machine"},
        {changed(offsetof(Elf64_Ehdr, e_type), ET_REL), "not a program"},
        {changed(offsetof(Elf64_Ehdr, e_type), ET_CORE), "not a program"},
        {with_interpreter("/lib/nowhere"), "interpreter /lib/nowhere is missing"},
        {"#!\n", "names no interpreter"},
        {"#!   ", "names no interpreter"},
        {"#!/bin/sh\r\nexit\r\n", "CR LF"},
        {"#!sh\n", "not an absolute path"},
        {"#!/no/such/shell -x\n", "/no/such/shell is missing"},
        {"#!/etc\n", "/etc is not executable"},
        {"#!" + plain + "\n", not_executable},
    };
    for (const auto& [begin, expected] : table) {
        CAPTURE(expected);
        const auto reason = why_not_executable(bytes_of(begin));
        CAPTURE(reason);
        CHECK(reason.find(expected) != reason.npos);
        CHECK(reason.empty() == expected.empty());
    }
}

TEST_CASE("no beginning of a program is read past its end") {
    const auto begin = begin_of_this_program();
    for (std::size_t size = 0; size < begin.size(); ++size) {
        // A block of its own, so that a sanitizer sees a byte too far.
        const std::vector<char> cut(begin.begin(), begin.begin() + static_cast<long>(size));
        const auto reason = why_not_executable(std::as_bytes(std::span(cut)));
        CHECK(reason.empty() == (size >= sizeof(Elf64_Ehdr)));
    }
}
