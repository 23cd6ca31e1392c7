// SPDX-License-Identifier: Apache-2.0
#include "app/conversion_files.hpp"

#include "base/atomic_file.hpp"
#include "base/system.hpp"

#include <cerrno>

namespace cmw::app {

namespace sys = base::sys;
using base::Problems;

namespace {

struct File {
    std::string path;
    const std::string* content;
    mode_t mode;
};

void check(Problems& problems, const File& file) {
    const auto there = sys::read_file(file.path, file.content->size() + 1);
    if (there ? *there == *file.content : there.error() == ENOENT) return;
    if (!there && there.error() != EFBIG)
        problems.push_back(base::system_problem(file.path, "look at the file", there.error()));
    else
        problems.push_back({file.path, "cannot write the file: there is another one of this name",
                            "move it away, or name another place"});
}

std::vector<File> secret_files(const legacy::Conversion& conversion, const std::string& folder) {
    std::vector<File> files;
    for (const auto& secret : conversion.secrets)
        files.push_back({folder + "/" + secret.name, &secret.value, 0600});
    return files;
}

Problems write(const std::vector<File>& files, const std::string& secrets_folder,
               Existing existing) {
    Problems problems;
    if (existing == Existing::keep)
        for (const auto& file : files) check(problems, file);
    if (!problems.empty()) return problems;
    for (const auto& file : files) {
        const auto folder = file.path.substr(0, file.path.rfind('/'));
        const mode_t mode = folder == secrets_folder ? 0700 : 0755;
        if (const auto made = sys::make_folders(folder, mode); !made)
            return {base::system_problem(folder, "make the folder", made.error())};
        if (const auto written = base::write_file_atomically(file.path, *file.content, file.mode);
            !written)
            return {written.error()};
    }
    return {};
}

} // namespace

Problems write_conversion(const legacy::Conversion& conversion, const std::string& path,
                          mode_t mode, const std::string& secrets_folder, Existing existing) {
    auto files = secret_files(conversion, secrets_folder);
    files.push_back({path, &conversion.toml, mode});
    return write(files, secrets_folder, existing);
}

Problems write_secrets(const legacy::Conversion& conversion, const std::string& secrets_folder,
                       Existing existing) {
    return write(secret_files(conversion, secrets_folder), secrets_folder, existing);
}

} // namespace cmw::app
