// SPDX-License-Identifier: Apache-2.0
//
// What execve(2) asks of a file: elf(5), and "#!" as in the kernel's fs/binfmt_script.c.
#include "binary_store/activation.hpp"

#include "base/system.hpp"

#include <cstring>
#include <link.h>

/// This program's own ELF header, by the linker: what machine we are on.
extern "C" [[gnu::visibility("hidden")]] const ElfW(Ehdr) __ehdr_start;

namespace cmw::binary_store {

using namespace base;

namespace {

using Header = ElfW(Ehdr);
using Segment = ElfW(Phdr);

/// A `T` at `offset`; false if it is not all there.
template <class T>
bool read_at(std::span<const std::byte> bytes, std::uint64_t offset, T& value) {
    if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return false;
    std::memcpy(&value, bytes.data() + offset, sizeof(T));
    return true;
}

std::string why_not_interpreter(const std::string& path) {
    const auto found = sys::stat(path);
    if (!found) return "its interpreter " + path + " is missing";
    if (!S_ISREG(found->st_mode) || (found->st_mode & 0111) == 0)
        return "its interpreter " + path + " is not executable";
    return {};
}

/// The dynamic linker that the program asks for; "" if it asks for none within these bytes.
std::string elf_interpreter(std::span<const std::byte> begin, const Header& header) {
    if (header.e_phentsize != sizeof(Segment)) return {};
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        Segment segment;
        if (!read_at(begin, header.e_phoff + std::uint64_t{i} * sizeof segment, segment)) return {};
        if (segment.p_type != PT_INTERP) continue;
        if (segment.p_offset > begin.size() || begin.size() - segment.p_offset < segment.p_filesz)
            return {};
        const auto path = begin.subspan(segment.p_offset, segment.p_filesz);
        const auto* text = reinterpret_cast<const char*>(path.data());
        return {text, ::strnlen(text, path.size())};
    }
    return {};
}

std::string why_not_elf(std::span<const std::byte> begin) {
    Header header;
    if (!read_at(begin, 0, header)) return "its ELF header is cut off";
    const bool same_machine = header.e_ident[EI_CLASS] == __ehdr_start.e_ident[EI_CLASS] &&
                              header.e_ident[EI_DATA] == __ehdr_start.e_ident[EI_DATA] &&
                              header.e_machine == __ehdr_start.e_machine;
    if (!same_machine) return "it is an ELF file for another machine than this one";
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
        return "it is an ELF file, but not a program";
    const auto interpreter = elf_interpreter(begin, header);
    return interpreter.empty() ? std::string() : why_not_interpreter(interpreter);
}

std::string why_not_script(std::string_view begin) {
    constexpr std::size_t kernel_reads = 256;
    auto line = begin.substr(0, kernel_reads);
    line = line.substr(2, line.find('\n') - 2);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    const std::string path(line.substr(0, line.find_first_of(std::string_view(" \t\0", 3))));
    if (path.empty()) return "its line \"#!\" names no interpreter";
    if (path.ends_with('\r')) return "its line \"#!\" ends with CR LF, as on Windows";
    if (!path.starts_with('/')) return "its interpreter " + path + " is not an absolute path";
    return why_not_interpreter(path);
}

} // namespace

std::string why_not_executable(std::span<const std::byte> begin) {
    const std::string_view text(reinterpret_cast<const char*>(begin.data()), begin.size());
    if (text.empty()) return "it is empty";
    if (text.starts_with(std::string_view(ELFMAG, SELFMAG))) return why_not_elf(begin);
    if (text.starts_with("#!")) return why_not_script(text);
    return "it is neither an ELF program nor a script";
}

} // namespace cmw::binary_store
