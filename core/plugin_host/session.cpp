// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/session.hpp"

#include "plugin_host/host_table.hpp"

namespace cmw::plugin_host {

struct Session::Storage {
    const Plugin& plugin;
    HostTable host;
    void* instance = nullptr;
};

Session::Session(std::unique_ptr<Storage> storage) : storage_(std::move(storage)) {}

Session::~Session() {
    // Nobody is left to tell of a failure; what the plugin throws must not end the host.
    std::ignore = guarded_call([this](cmw_error*) -> cmw_status {
        may_throw(storage_->plugin.table->destroy)(storage_->instance);
        return CMW_OK;
    });
}

tl::expected<std::unique_ptr<Session>, Failure> Session::create(const Plugin& plugin,
                                                                const std::string& where,
                                                                const config::OptionValues& options,
                                                                const HostContext& host) {
    if (plugin.table == nullptr) return tl::unexpected(Failure{CMW_CONFIG, plugin.refusal, {}});
    auto folder = make_state_folder(where, host);
    if (!folder) return tl::unexpected(folder.error());
    // An aggregate, because a HostTable does not move.
    std::unique_ptr<Storage> storage(
        new Storage{plugin, HostTable(where, std::move(*folder), host)});
    const ConfigTable config(options);
    const auto created = guarded_call([&](cmw_error* error) {
        return may_throw(plugin.table->create)(&storage->host.get(), &config.get(),
                                               &storage->instance, error);
    });
    if (!created) return tl::unexpected(created.error());
    return std::unique_ptr<Session>(new Session(std::move(storage)));
}

void* Session::handle() const noexcept {
    return storage_->instance;
}

const void* Session::table() const noexcept {
    return storage_->plugin.table->ops;
}

} // namespace cmw::plugin_host
