// SPDX-License-Identifier: Apache-2.0
//
// config/settings.hpp - a whole configuration, read and checked: plain data that the rest of the
// core is built from. docs/configuration.md is generated from the same declarations as its reader.
#pragma once

#include "base/digest.hpp"
#include "base/window.hpp"
#include "config/options.hpp"

#include <map>
#include <sys/types.h>

namespace cmw::config {

using base::Nanoseconds;

/// The kinds of plugins, as tables are named: [log-backend.cloud].
inline constexpr std::string_view kinds[] = {"consensus-source", "binary-source", "log-backend",
                                             "process-runner", "command-source"};

struct HostSettings {
    std::string state_dir;                  ///< SQLite state, artifact store, cursors.
    std::string runtime_dir;                ///< control.sock
    std::vector<std::string> plugin_path;   ///< Folders of plugins, searched in order.
    std::vector<std::string> control_users; ///< Who may use the control socket besides root and us.
    std::string log_level = "info";         ///< Of the host's own log.
    bool keep_services_on_exit = false;     ///< SIGTERM leaves the services running.
    std::int64_t keep_size = 0;             ///< Bytes that the artifact store may have.
    std::string network_check = "off";      ///< "off", "warn", "refuse".
    Position position;
};

/// Whose orders a command source brings, and what becomes of them.
struct OrderSettings {
    std::string certificate;           ///< Path of the X.509 certificate whose key signs them.
    std::string role;                  ///< What a set may name as its role; "": none.
    bool strict = false;               ///< Only sets that have role, expires and sequence.
    bool from_beginning = false;       ///< Also those from before the first look.
    Nanoseconds every{};               ///< How often a source is asked that cannot wait for news.
    std::vector<std::string> services; ///< What "binary" stands for; empty: every service.
    std::vector<std::string> ask;      ///< Verbs that wait for the operator's word.
    std::vector<std::string> refuse;   ///< Verbs that are never carried out.
};

/// [KIND.NAME] plugin = "..."
struct InstanceSettings {
    std::string kind;
    std::string name; ///< As other tables call it; unique over all kinds in `status`.
    std::string plugin;
    std::optional<base::Digest> sha256;  ///< What the .so must hash to.
    std::optional<Nanoseconds> deadline; ///< Of one call; each kind has a default.
    OptionValues options;
    OrderSettings orders; ///< Of a command source.
    Position position;
};

/// "name" or { use = "name", ... }
struct UseSettings {
    std::string instance;
    OptionValues options;
    Position position;
    // Of a log backend:
    std::string min_level;       ///< "trace" to "fatal": the least that goes there; "": all.
    std::int64_t rate_limit = 0; ///< Records a second; 0: no limit.
};

enum class Activate { at_once, manual, window };

/// When a newly approved file takes the place of the one that is in use.
struct ActivationSettings {
    std::optional<Activate> when;            ///< Not set: at once, or as another table says.
    std::vector<base::WeeklyWindow> windows; ///< With Activate::window: not empty.
    Nanoseconds spread{}; ///< A random part of this is waited, each host its own.
};

/// [component.NAME]: one file that consensus governs.
struct ComponentSettings {
    std::string name;
    std::string path;                     ///< Absolute: where it is installed.
    std::vector<UseSettings> approved_by; ///< In the order of the file; not empty.
    std::string agreement = "all";        ///< "all", "any", or a number of them.
    ActivationSettings activation;        ///< `when` not set: that of its services.
    std::string field; ///< The artifact's target in the verdict; the component's name by default.
    UseSettings from;
    mode_t mode = 0755;
    std::int64_t max_size = 0; ///< Bytes; a larger artifact is refused.
    std::string unpack; ///< The artifact is an archive, the file this member of it; "": it is not.
    std::int64_t keep = 0; ///< How many of its last artifacts the store keeps.
    /// Arguments of a trial run of the staged file, which must exit with 0; empty: none.
    std::vector<std::string> probe;
    Nanoseconds probe_timeout{};
    Position position;
};

enum class StartWhen { always, ready };
enum class Restart { always, on_failure, never };

/// One of exec, tcp, http and log is set.
struct HealthSettings {
    std::vector<std::string> exec; ///< Exit status 0 is healthy.
    std::string tcp;               ///< "host:port" that accepts a connection.
    std::string http;              ///< A URL that answers 2xx.
    std::string log;               ///< A regular expression: a line of the output matches it.
    Nanoseconds every{};
    Nanoseconds after{}; ///< From the start of the service to the first check.
    Nanoseconds timeout{};
    std::int64_t failures = 3; ///< In a row, until the service counts as failing.
    Position position;
};

/// A program of the operator's, run before or after an upgrade.
struct HookSettings {
    std::vector<std::string> exec; ///< argv; the first is an absolute path.
    Nanoseconds timeout{};
    Position position;
};

/// [service.NAME]: one program to run.
struct ServiceSettings {
    std::string name;
    UseSettings runner;
    std::vector<std::string> command;               ///< argv; the first is an absolute path.
    std::string directory;                          ///< To start in; "": the root directory.
    std::map<std::string, std::string> environment; ///< All of it, beside a minimal PATH.
    std::vector<std::string> components;            ///< A new one of these restarts it.
    std::vector<std::string> after; ///< Services that must be up before it is started.
    StartWhen start_when = StartWhen::always;
    bool stop_when_not_ready = false; ///< Also while it runs.
    ActivationSettings activation;    ///< Of its components that do not say themselves.
    Restart restart = Restart::on_failure;
    Nanoseconds stop_timeout{};
    Nanoseconds restart_first{}; ///< Back-off after the first failure ...
    Nanoseconds restart_cap{};   ///< ... and at most.
    Nanoseconds healthy_after{}; ///< Running this long resets the back-off.
    std::string output_path;     ///< Absolute; "": thrown away.
    std::string error_path;
    std::string
        recovered_error_file; ///< Written by the program when it ends over an error; "": none.
    std::optional<HealthSettings> health;
    std::optional<HookSettings> before_upgrade; ///< Its failure stops the upgrade.
    std::optional<HookSettings> after_upgrade;  ///< Its failure is only told.
    std::optional<Nanoseconds> upgrade_window;  ///< As written; see upgrade_window().
    std::string user;                           ///< Of the runner's option; "": the host's.
    std::string group;
    Position position;
};

/// How long new files are on trial after the start: failing within it puts the old ones back.
/// By default 30 s with a health check, else 10 s.
Nanoseconds upgrade_window(const ServiceSettings& service);

/// [log.NAME]: one stream.
struct StreamSettings {
    std::string name;
    std::string path; ///< Absolute. Its last part may be a wildcard: see is_wildcard().
    std::vector<UseSettings> to;
    std::string event;         ///< "line", "level-word", or a regular expression for first lines.
    std::string time = "read"; ///< Or the format of the time in a line: base::TimeFormat.
    std::vector<std::string> redact;  ///< Regular expressions of what must not leave the host.
    bool replace_invalid = false;     ///< Bytes that are no UTF-8 become U+FFFD.
    bool from_end = false;            ///< What is there when it is first seen is not shipped.
    std::int64_t max_size = 0;        ///< Bytes of the disk that a file may take; 0: any.
    std::optional<std::int64_t> keep; ///< As written; see keep_of().
    bool drop_oldest = false; ///< Over max_size what is not confirmed goes too, the oldest first.
    Position position;
};

/// Whether the path stands for all files of its folder that its last part ('*', '?', '[a-z]') fits.
bool is_wildcard(std::string_view path);

/// How many bytes of what every backend has confirmed stay on the disk: by default half of max_size.
std::int64_t keep_of(const StreamSettings& stream);

/// [identity]: who this node is in its network.
struct IdentitySettings {
    std::string file; ///< Absolute; "": none. The network's software may write it later.
    Position position;
};

/// Maps are in order of name; tables of the file that name a thing twice are one error.
struct Settings {
    HostSettings host;
    IdentitySettings identity;
    std::vector<InstanceSettings> instances;
    std::vector<ComponentSettings> components;
    std::vector<ServiceSettings> services;
    std::vector<StreamSettings> streams;

    const InstanceSettings* instance(std::string_view name) const;
    const ComponentSettings* component(std::string_view name) const;
    const ServiceSettings* service(std::string_view name) const;
    const StreamSettings* stream(std::string_view name) const;
};

/// How many of its sources must name the same digest; with one of several it is the first of the
/// list that names any.
std::size_t needed_sources(const ComponentSettings& component);

/// The stream that the host's own log is: a [log.cmix-wrapper] table gives its path and backends.
inline constexpr std::string_view own_stream = "cmix-wrapper";

} // namespace cmw::config
