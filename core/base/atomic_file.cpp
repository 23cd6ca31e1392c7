// SPDX-License-Identifier: Apache-2.0
#include "base/atomic_file.hpp"

#include "base/system.hpp"

#include <fcntl.h>
#include <filesystem>

namespace cmw::base {

Result<> write_file_atomically(const std::string& path, std::string_view content, mode_t mode) {
    const auto beside = path + ".new";
    const auto written =
        sys::open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode)
            .and_then([&](const UniqueFd& file) {
                return sys::fchmod(file.get(), mode)
                    .and_then([&] {
                        return sys::write_all(file.get(), std::as_bytes(std::span(content)));
                    })
                    .and_then([&] { return sys::fsync(file.get()); });
            })
            .and_then([&] { return sys::rename(beside, path); })
            .and_then([&] {
                return sys::fsync_folder(std::filesystem::path(path).parent_path().string());
            });
    if (written) return {};
    (void)sys::unlink(beside);
    return fail(system_problem(path, "write the file", written.error()));
}

} // namespace cmw::base
