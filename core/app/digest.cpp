// SPDX-License-Identifier: Apache-2.0
//
// app/digest.cpp - cmix-wrapper digest.
#include "base/digest.hpp"
#include "app/ask_host.hpp"
#include "app/commands.hpp"
#include "app/terminal.hpp"
#include "base/system.hpp"

#include <fcntl.h>

namespace cmw::app {

namespace {

base::Result<base::Digest> digest_of(const std::string& path, const std::string& algorithm) {
    const auto file = base::sys::open(path, O_RDONLY);
    if (!file) return base::fail(base::system_problem(path, "open the file", file.error()));
    return base::digest_of_file(file->get(), path, algorithm);
}

} // namespace

int digest(const Arguments& arguments) {
    const auto algorithm = arguments.has("algorithm") ? arguments.value("algorithm")
                                                      : std::string(base::default_algorithm);
    if (base::digest_size(algorithm) == 0)
        return misused(
            {"", "cannot compute '" + algorithm + "'", "use blake2s-256, sha-256 or sha-512"});
    int status = ExitStatus::done;
    for (const auto& path : arguments.words) {
        const auto digest = digest_of(path, algorithm);
        if (digest)
            print(digest->hex() + "  " + path + "\n");
        else
            status = failure(digest.error());
    }
    return status;
}

} // namespace cmw::app
