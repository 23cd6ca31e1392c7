// SPDX-License-Identifier: Apache-2.0
//
// fake_plugin.hpp - a plugin in the test itself: its functions are the test's.
#pragma once

#include "plugin_host/instance.hpp"
#include "support/loop_wait.hpp"
#include "support/temporary_folder.hpp"

#include <atomic>
#include <doctest/doctest.h>

namespace cmw::test {

/// Counts lives, and can be told to refuse one. Only one test uses it at a time.
struct Lives {
    std::atomic<int> created{0};
    std::atomic<int> destroyed{0};
    std::atomic<bool> refuse{false};
};
inline Lives& lives() {
    static Lives all;
    return all;
}

class FakePlugin {
  public:
    explicit FakePlugin(const void* ops = nullptr) : loop_(*base::EventLoop::create()) {
        lives().created = 0;
        lives().destroyed = 0;
        lives().refuse = false;
        table_.struct_size = sizeof table_;
        table_.create = [](const cmw_host*, const cmw_config*, void**, cmw_error* error) noexcept {
            if (lives().refuse) {
                std::snprintf(error->text, error->capacity, "cannot begin");
                return cmw_status{CMW_CONFIG};
            }
            ++lives().created;
            return cmw_status{CMW_OK};
        };
        table_.destroy = [](void*) noexcept { ++lives().destroyed; };
        table_.ops = ops;
        plugin_.schema.name = "fake";
        plugin_.table = &table_;
        settings_.kind = "test";
        settings_.name = "it";
    }

    base::EventLoop& loop() { return *loop_; }
    plugin_host::Plugin& plugin() { return plugin_; }
    config::InstanceSettings& settings() { return settings_; }
    std::unique_ptr<plugin_host::Instance>
    instance(base::Nanoseconds grace = std::chrono::seconds(30)) {
        return std::make_unique<plugin_host::Instance>(
            *loop_, plugin_, settings_,
            plugin_host::HostContext{"test/1", folder_.path().string(), {}}, grace);
    }
    void wait(const std::function<bool()>& condition) { REQUIRE(run_until(*loop_, condition)); }

    /// Runs `begin`, which gets a `done` to pass on, and returns what came to it.
    template <class T, class Begin>
    tl::expected<T, plugin_host::Failure> result_of(Begin begin) {
        std::optional<tl::expected<T, plugin_host::Failure>> answer;
        begin([&](tl::expected<T, plugin_host::Failure> result) { answer = std::move(result); });
        REQUIRE_FALSE(answer); // Never from within the call itself.
        wait([&] { return answer.has_value(); });
        return *answer;
    }

  private:
    TemporaryFolder folder_;
    std::unique_ptr<base::EventLoop> loop_;
    cmw_plugin table_{};
    plugin_host::Plugin plugin_;
    config::InstanceSettings settings_;
};

} // namespace cmw::test
