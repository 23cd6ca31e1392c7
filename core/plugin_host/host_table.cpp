// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/host_table.hpp"

#include "base/problem.hpp"
#include "base/system.hpp"
#include "plugin_host/shown_text.hpp"

#include <algorithm>
#include <fcntl.h>

namespace cmw::plugin_host {

HostTable::HostTable(std::string where, std::string state_dir, const HostContext& host)
    : where_(std::move(where)),
      state_dir_(std::move(state_dir)),
      product_(host.product),
      log_(host.log),
      wants_retry_(host.retry),
      identity_(host.identity_file) {
    table_.host = {sizeof(cmw_host),   CMW_ABI_MINOR, product_.c_str(), where_.c_str(),
                   state_dir_.c_str(), &log,          &service};
    table_.self = this;
    retry_.retry = {sizeof(cmw_retry), 0, &retry_now};
    retry_.self = this;
}

void HostTable::log(const cmw_host* host, std::uint32_t level, cmw_str line) noexcept {
    const auto* self = reinterpret_cast<const Table*>(host)->self;
    if (!self->log_ || (line.data == nullptr && line.size > 0)) return;
    try {
        self->log_(self->where_, std::min<std::uint32_t>(level, CMW_LEVEL_FATAL),
                   fit_to_show({line.data, line.size}, 4000));
    } catch (...) {
        return; // A line that cannot be logged must not end the plugin's work.
    }
}

const void* HostTable::service(const cmw_host* host, const char* name) noexcept {
    const auto* self = reinterpret_cast<const Table*>(host)->self;
    const std::string_view wanted = name == nullptr ? "" : name;
    if (wanted == CMW_SERVICE_IDENTITY) return &self->identity_.table();
    if (wanted == CMW_SERVICE_RETRY) return &self->retry_.retry;
    return nullptr;
}

void HostTable::retry_now(const cmw_retry* retry) noexcept {
    const auto* self = reinterpret_cast<const Retry*>(retry)->self;
    try {
        if (self->wants_retry_) self->wants_retry_(self->where_);
    } catch (...) {
        return; // No memory: the host asks again in its own time.
    }
}

tl::expected<std::string, Failure> make_state_folder(const std::string& where,
                                                     const HostContext& host) {
    namespace sys = base::sys;
    const auto all = host.state_dir + "/plugins";
    const auto folder = all + "/" + where.substr(where.find('.') + 1);
    const auto made =
        sys::make_folders(all, 0755)
            .and_then([&] { return sys::make_folders(folder, 0700); })
            .and_then([&] { return sys::open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW); })
            .and_then([](const base::UniqueFd& opened) { return sys::fchmod(opened.get(), 0700); });
    if (made) return folder;
    const auto problem = base::system_problem(folder, "make the plugin's folder", made.error());
    return tl::unexpected(Failure{CMW_FAILED, to_string(problem), {}});
}

} // namespace cmw::plugin_host
