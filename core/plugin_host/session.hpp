// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/session.hpp - one life of a plugin instance, from create to destroy, and calls into
// it. Synchronous: for the thread that owns the instance, which may be any but is one at a time.
#pragma once

#include "config/options.hpp"
#include "plugin_host/plugin.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <tl/expected.hpp>

namespace cmw::plugin_host {

/// Where an instance's own lines go: (instance, level CMW_LEVEL_*, line). [any thread]
using LogLine =
    std::function<void(std::string_view instance, std::uint32_t level, std::string_view line)>;

/// What every instance is given by the host.
struct HostContext {
    std::string product;   ///< "cmix-wrapper/0.1.0"
    std::string state_dir; ///< The host's; an instance gets <state_dir>/plugins/<name>, 0700.
    LogLine log = {};
    std::string identity_file = {}; ///< For the service "identity/1"; "": none is configured.
    /// For the service "retry/1": `instance` ("binary-source.mine") wants to be asked again. [any
    /// thread], and maybe later than the host: an abandoned call may still be at it.
    std::function<void(std::string_view instance)> retry = {};
};

/// The values of options as the C ABI has them; owns what they point to. Movable, not copyable.
class ConfigTable {
  public:
    explicit ConfigTable(const config::OptionValues& values);
    ~ConfigTable();
    ConfigTable(ConfigTable&&) noexcept;
    ConfigTable& operator=(ConfigTable&&) noexcept;
    const cmw_config& get() const noexcept;

  private:
    struct Storage;
    std::unique_ptr<Storage> storage_;
};

/// A call that can be cancelled from another thread and has a deadline: a cmw_call. One that cannot
/// get a descriptor is cancelled from the start.
class Call {
  public:
    explicit Call(base::Monotonic deadline); ///< Monotonic::max(): none.
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    void cancel() noexcept; ///< [any thread]
    bool cancelled() const noexcept;
    const cmw_call& get() const noexcept;

  private:
    struct Table;
    std::unique_ptr<Table> table_;
};

/// Asks the plugin whether the options of an instance, and of one use of it (nullptr: none), work
/// together. No side effects. [any thread]
tl::expected<void, Failure> validate(const Plugin& plugin, const config::OptionValues& options,
                                     const config::OptionValues* use);

class Session {
  public:
    /// `where` is "log-backend.cloud". The plugin's create runs here and now; an exception that it
    /// lets out (against the rules) is a Failure too.
    static tl::expected<std::unique_ptr<Session>, Failure>
    create(const Plugin& plugin, const std::string& where, const config::OptionValues& options,
           const HostContext& host);
    ~Session(); ///< The plugin's destroy.
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void* handle() const noexcept;
    /// The table of the plugin's kind; `Ops` must be the kind's type.
    template <class Ops>
    const Ops& ops() const noexcept {
        return *static_cast<const Ops*>(table());
    }

  private:
    struct Storage;
    explicit Session(std::unique_ptr<Storage> storage);
    const void* table() const noexcept;
    std::unique_ptr<Storage> storage_;
};

/// Runs one function of a plugin and reads its status with suspicion: `work` gets a cmw_error to
/// fill in. Text that is not UTF-8, not ended or over a line is made fit to show. An exception is a
/// Failure, if `work` calls the plugin through may_throw().
tl::expected<void, Failure> guarded_call(const std::function<cmw_status(cmw_error*)>& work);

/// The same function as one that may throw, whatever it promises: at a call of a noexcept function
/// the compiler leaves out what a handler further up needs.
template <class Result, class... Arguments>
constexpr auto may_throw(Result (*function)(Arguments...) noexcept) noexcept
    -> Result (*)(Arguments...) {
    return function;
}

} // namespace cmw::plugin_host
