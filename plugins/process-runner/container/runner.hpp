// SPDX-License-Identifier: Apache-2.0
//
// container/runner.hpp - programs in containers of Docker or Podman, one container for each run.
//
// Containers belong to the engine: they outlive the host and are taken back by their names, which
// are those of their services. Their labels name the host's state folder, so that two hosts of one
// machine do not take each other's. The engine restarts none of them.
#pragma once

#include "container.hpp"
#include "use_settings.hpp"

#include <cmw/process_runner.hpp>

namespace cmw::container {

class Runner final : public ProcessRunner {
  public:
    struct Settings {
        std::filesystem::path socket = "/var/run/docker.sock";
        std::string prefix = "cmix-wrapper";
    };
    using UseSettings = container::UseSettings;
    static constexpr About about{"container", "0.1.0",
                                 "Runs programs in containers of Docker or Podman.", "Apache-2.0",
                                 "The cmix-wrapper authors"};
    static constexpr std::array options{
        option<&Settings::socket>(
            {.name = "socket",
             .help = "Unix socket of the engine; Podman's is /run/podman/podman.sock, and that of "
                     "a user's /run/user/UID/podman/podman.sock.",
             .fallback = "/var/run/docker.sock"}),
        option<&Settings::prefix>(
            {.name = "prefix",
             .help = "What names of containers begin with: PREFIX-SERVICE. Hosts of one machine "
                     "need different ones.",
             .fallback = "cmix-wrapper"}),
    };
    static constexpr auto use_options = container::use_options;
    static void check(const Settings& settings);
    static void check_use(const Settings&, const UseSettings& use);

    Runner(Settings settings, Host host);
    ~Runner() override; ///< Leaves all programs running.

    void start(const Call& call, const cmw_program& program, cmw_process& process) override;
    void adopt(const Call& call, const char* name, cmw_process& process) override;
    void stop(const Call& call, std::uint64_t id, std::uint32_t how) override;
    std::optional<cmw_exit> outcome(std::uint64_t id) override;
    void release(std::uint64_t id) noexcept override;
    void usage(std::uint64_t id, cmw_usage& usage) override;

  private:
    Engine engine() const;
    void require_ours(const State& state, const std::string& name) const;
    void make_room(const Call& call, Engine& engine, const std::string& name) const;
    std::string create(const Call& call, Engine& engine, const std::string& name,
                       const std::string& request) const;
    State start_container(const Call& call, Engine& engine, const std::string& name,
                          const std::string& id) const;
    void fill(const State& state, const std::string& service, cmw_process& process);
    Container& find(std::uint64_t id);

    Settings settings_;
    Host host_;
    std::map<std::uint64_t, std::unique_ptr<Container>> containers_;
};

} // namespace cmw::container
