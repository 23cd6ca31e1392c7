// SPDX-License-Identifier: Apache-2.0
#include "config/bindings.hpp"

#include <algorithm>

namespace cmw::config {

namespace {

using Type = OptionType;

/// A key of [service.NAME.health].
template <auto Member>
Binding<ServiceSettings> health(Key declared) {
    declared.spec.name.insert(0, "health.");
    return {std::move(declared), [](ServiceSettings& settings, const KeyValue& value) {
                if (!settings.health) settings.health.emplace();
                put((*settings.health).*Member, value);
            }};
}

/// Adds the keys that are declared with those of components, after start-when.
Table<ServiceSettings> with_activation(Table<ServiceSettings> table) {
    const auto more = activation_keys<ServiceSettings>("\"at-once\"");
    const auto after = std::ranges::find_if(
        table.keys, [](const auto& binding) { return binding.key.spec.name == "start-when"; });
    table.keys.insert(after + 1, more.begin(), more.end());
    return table;
}

using Hook = std::optional<HookSettings> ServiceSettings::*;

template <Hook Member>
HookSettings& made(ServiceSettings& settings) {
    if (!(settings.*Member)) (settings.*Member).emplace();
    return *(settings.*Member);
}

/// The keys of [service.NAME.before-upgrade] and after-upgrade.
template <Hook Member>
void add_hook(std::vector<Binding<ServiceSettings>>& keys, const std::string& name,
              const std::string& help, std::string_view example) {
    keys.push_back({{.spec = {.name = name + ".exec", .type = Type::list, .help = help},
                     .refine = refine_command,
                     .example = example,
                     .default_note = "none"},
                    [](ServiceSettings& settings, const KeyValue& value) {
                        put(made<Member>(settings).exec, value);
                    }});
    keys.push_back({{.spec = {.name = name + ".timeout",
                              .type = Type::duration,
                              .fallback = "10m",
                              .minimum = "1ms",
                              .help = "After this it is killed, and has failed."}},
                    [](ServiceSettings& settings, const KeyValue& value) {
                        put(made<Member>(settings).timeout, value);
                    }});
}

/// Adds how an upgrade of the service goes.
Table<ServiceSettings> with_upgrade(Table<ServiceSettings> table) {
    auto& keys = table.keys;
    add_hook<&ServiceSettings::before_upgrade>(
        keys, "before-upgrade",
        "A command that is run before an upgrade stops the program, such as a backup. If it fails "
        "the program keeps running and the upgrade is tried again later.",
        R"(["/usr/local/bin/backup-db"])");
    add_hook<&ServiceSettings::after_upgrade>(
        keys, "after-upgrade",
        "A command that is run after an upgrade that stays. If it fails that is told.",
        R"(["/usr/local/bin/tell-me"])");
    keys.push_back(key<&ServiceSettings::upgrade_window>(
        {.spec = {.name = "upgrade-window",
                  .type = Type::duration,
                  .help =
                      "After the start with new files: if the program ends or its health "
                      "check fails within this time, the files before are put back. 0s: never."},
         .example = R"("60s")",
         .default_note = "30s with a health check, else 10s"}));
    return table;
}

} // namespace

const Table<ServiceSettings>& service_table() {
    using S = ServiceSettings;
    using H = HealthSettings;
    static const Table<S> table = with_upgrade(with_activation(
        {"service.NAME",
         "service.cmix",
         "One program to run.",
         {
             key<&S::runner>({.spec = {.name = "runner",
                                       .required = true,
                                       .help = "The process runner that runs it."},
                              .names = "process-runner",
                              .example = R"("local")"}),
             key<&S::command>(
                 {.spec = {.name = "command",
                           .type = Type::list,
                           .required = true,
                           .help = "The program's path and its arguments. No shell reads "
                                   "them, and $PATH is not searched."},
                  .refine = refine_command,
                  .example = R"(["/opt/xxnetwork/bin/xxnetwork-cmix", "--config", )"
                             R"("/opt/xxnetwork/config/cmix.yaml"])"}),
             key<&S::directory>({.spec = {.name = "directory",
                                          .type = Type::path,
                                          .help = "The folder that it is started in."},
                                 .example = R"("/opt/xxnetwork")",
                                 .default_note = "the root folder"}),
             key<&S::environment>(
                 {.spec = {.name = "environment",
                           .type = Type::map,
                           .fallback = "{}",
                           .help = "Its environment variables: all of them, beside "
                                   "a minimal PATH."},
                  .refine = check_environment,
                  .example = R"({ GOTRACEBACK = "all" })"}),
             key<&S::components>(
                 {.spec = {.name = "components",
                           .type = Type::list,
                           .fallback = "[]",
                           .help = "The components that it is made of: a new one of "
                                   "these restarts it."},
                  .names = "component",
                  .example = R"(["server"])"}),
             key<&S::after>(
                 {.spec = {.name = "after",
                           .type = Type::list,
                           .fallback = "[]",
                           .help = "Services that it needs: they are up, and healthy if that is "
                                   "checked, before it is started, and are stopped after it. "
                                   "Such as [\"chain\"]."},
                  .names = "service"}),
             key<&S::start_when>(
                 {{.name = "start-when",
                   .fallback = "always",
                   .choices = {"always", "ready"},
                   .help = "\"ready\": only while consensus says that this node may "
                           "run."}}),
             {{.spec = {.name = "when-not-ready",
                        .fallback = "keep",
                        .choices = {"keep", "stop"},
                        .help = "With start-when \"ready\", of a program that runs when the node "
                                "leaves the active set: whether it is kept running or stopped, "
                                "until the node is back."}},
              [](S& settings, const KeyValue& value) {
                  settings.stop_when_not_ready = std::get<std::string>(value.value.value) == "stop";
              }},
             key<&S::restart>({{.name = "restart",
                                .fallback = "on-failure",
                                .choices = {"always", "on-failure", "never"},
                                .help = "Whether to start it again when it has ended by itself."}}),
             key<&S::restart_first>(
                 {{.name = "restart-delay",
                   .type = Type::duration,
                   .fallback = "1s",
                   .minimum = "0s",
                   .help = "Pause before the first restart; it grows with each "
                           "further one. 0s: at once, and then from 100ms on."}}),
             key<&S::restart_cap>({{.name = "restart-delay-max",
                                    .type = Type::duration,
                                    .fallback = "1m",
                                    .minimum = "1ms",
                                    .help = "The longest pause before a restart."}}),
             key<&S::healthy_after>(
                 {{.name = "healthy-after",
                   .type = Type::duration,
                   .fallback = "10s",
                   .help = "Once it has run this long, the pause is the first one "
                           "again."}}),
             key<&S::stop_timeout>({{.name = "stop-timeout",
                                     .type = Type::duration,
                                     .fallback = "30s",
                                     .help = "From SIGTERM until it is killed."}}),
             {{.spec = {.name = "output",
                        .help = "File that stdout and stderr are appended to; \"null\" throws them "
                                "away. Or { stdout = ..., stderr = ... }."},
               .refine = refine_output,
               .example = R"("/opt/xxnetwork/log/cmix.log")",
               .default_note = "the path of [log.NAME], else STATE-DIR/output/NAME.log"},
              [](S& settings, const KeyValue& value) {
                  put(settings.output_path, value);
                  put(settings.error_path, value);
              }},
             key<&S::output_path>({.spec = {.name = "output.stdout", .help = "Of stdout alone."},
                                   .refine = refine_output,
                                   .default_note = "as above"}),
             key<&S::error_path>({.spec = {.name = "output.stderr", .help = "Of stderr alone."},
                                  .refine = refine_output,
                                  .default_note = "as above"}),
             key<&S::recovered_error_file>(
                 {.spec = {.name = "recovered-error-file",
                           .type = Type::path,
                           .help = "A file that the program writes when it ends over an error that "
                                   "it handled: its end then counts as a failure, whatever its "
                                   "exit status. One that still runs 10s later is restarted."},
                  .example = R"("/opt/xxnetwork/log/cmix-err.log")",
                  .default_note = "none"}),
             health<&H::exec>(
                 {.spec = {.name = "exec",
                           .type = Type::list,
                           .help = "Healthy: this command ends with exit status 0."},
                  .refine = refine_command,
                  .default_note = "health is checked in exactly one way: exec, tcp, http or log"}),
             health<&H::tcp>({.spec = {.name = "tcp",
                                       .help = "Healthy: this \"HOST:PORT\" accepts a connection."},
                              .refine = check_endpoint,
                              .example = R"("localhost:22840")",
                              .default_note = "as above"}),
             health<&H::http>({.spec = {.name = "http", .help = "Healthy: this URL answers 2xx."},
                               .refine = check_http_url,
                               .default_note = "as above"}),
             health<&H::log>(
                 {.spec = {.name = "log",
                           .help = "Healthy: since the start a line of the output has matched this "
                                   "regular expression (RE2), such as 'Listening on port \\d+'."},
                  .refine = check_pattern,
                  .default_note = "as above"}),
             health<&H::every>({{.name = "every",
                                 .type = Type::duration,
                                 .fallback = "10s",
                                 .minimum = "10ms",
                                 .help = "From one check to the next."}}),
             health<&H::after>({{.name = "after",
                                 .type = Type::duration,
                                 .fallback = "30s",
                                 .help = "From the start of the service to the first check."}}),
             health<&H::timeout>({{.name = "timeout",
                                   .type = Type::duration,
                                   .fallback = "5s",
                                   .minimum = "1ms",
                                   .help = "A check that takes longer has failed."}}),
             health<&H::failures>({{.name = "failures",
                                    .type = Type::integer,
                                    .fallback = "3",
                                    .minimum = "1",
                                    .help = "Checks in a row that fail until the service counts as "
                                            "failing."}}),
         }}));
    return table;
}

} // namespace cmw::config
