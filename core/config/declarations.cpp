// SPDX-License-Identifier: Apache-2.0
#include "config/bindings.hpp"

namespace cmw::config {

namespace {

using Type = OptionType;

template <class S>
std::vector<Binding<S>> joined(std::vector<Binding<S>> keys, std::vector<Binding<S>> more) {
    keys.insert(keys.end(), more.begin(), more.end());
    return keys;
}

template <class S>
void add_text(std::vector<TableText>& texts, const Table<S>& table) {
    auto& text = texts.emplace_back(TableText{table.heading, table.example, table.help, {}});
    for (const auto& binding : table.keys) text.keys.push_back(&binding.key);
}

} // namespace

const Table<HostSettings>& host_table() {
    using S = HostSettings;
    static const Table<S> table{
        "host",
        "host",
        "The host itself. May be left out.",
        {
            key<&S::state_dir>(
                {{.name = "state-dir",
                  .type = Type::path,
                  .fallback = "/var/lib/cmix-wrapper",
                  .help =
                      "Folder of the state: database, verified artifacts, positions in logs."}}),
            key<&S::runtime_dir>({{.name = "runtime-dir",
                                   .type = Type::path,
                                   .fallback = "/run/cmix-wrapper",
                                   .help = "Folder of the control socket, control.sock."}}),
            key<&S::plugin_path>(
                {.spec = {.name = "plugin-path",
                          .type = Type::list,
                          .help = "Folders to look for plugins in, in this order."},
                 .refine = refine_folders,
                 .example = R"(["/usr/lib/cmix-wrapper/plugins"])",
                 .default_note = "the plugins that came with the program"}),
            key<&S::control_users>(
                {.spec = {.name = "control-users",
                          .type = Type::list,
                          .fallback = "[]",
                          .help =
                              "Users, by name or number, who may use the control socket besides "
                              "root and the host's own."},
                 .example = R"(["operator"])"}),
            key<&S::log_level>({{.name = "log-level",
                                 .fallback = "info",
                                 .choices = {"trace", "debug", "info", "warn", "error"},
                                 .help = "The least level of the host's own log."}}),
            key<&S::keep_services_on_exit>(
                {{.name = "keep-services-on-exit",
                  .type = Type::boolean,
                  .fallback = "false",
                  .help = "On SIGTERM end the host alone; its services "
                          "keep running and the next host adopts them."}}),
            key<&S::keep_size>(
                {{.name = "keep-size",
                  .type = Type::size,
                  .fallback = "4GiB",
                  .minimum = "0",
                  .help = "How much the artifacts kept in STATE-DIR may have together. Over it the "
                          "ones used longest ago are dropped; never one in use, nor the one that "
                          "a rollback goes to."}}),
            key<&S::network_check>(
                {{.name = "network-check",
                  .fallback = "off",
                  .choices = {"off", "warn", "refuse"},
                  .help =
                      "What to do when TCP goes back to slow start on idle connections, which a "
                      "node of the xx network must not: nothing, a warning, or not to start."}}),
        }};
    return table;
}

const Table<IdentitySettings>& identity_table() {
    using S = IdentitySettings;
    static const Table<S> table{
        "identity",
        "identity",
        "Who this node is in its network. May be left out.",
        {
            key<&S::file>(
                {.spec = {.name = "file",
                          .type = Type::path,
                          .help =
                              "A JSON object that holds the node's id (\"id\", \"hexNodeID\"). It "
                              "need not be there yet: the network's software may write it."},
                 .example = R"("/opt/xxnetwork/cred/cmix-IDF.json")",
                 .default_note = "none"}),
        }};
    return table;
}

const Table<InstanceSettings>& instance_table() {
    using S = InstanceSettings;
    static const Table<S> table{
        "KIND.NAME",
        "consensus-source.chain",
        "An instance of a plugin. KIND is consensus-source, binary-source, log-backend, "
        "process-runner or command-source; NAME is what other tables call it, and is unique over "
        "all kinds. Every other key is an option that the plugin declares: see `plugins show "
        "NAME`.",
        {
            key<&S::plugin>({.spec = {.name = "plugin",
                                      .required = true,
                                      .help = "The plugin's name: see `plugins list`."},
                             .example = R"("substrate")"}),
            key<&S::sha256>({.spec = {.name = "sha256",
                                      .help = "What the plugin's file must hash to; any other is "
                                              "not loaded."},
                             .refine = check_sha256,
                             .example = "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b"
                                        "7852b855\"",
                             .default_note = "any file that only root or the host's user can "
                                             "change"}),
            key<&S::deadline>({.spec = {.name = "deadline",
                                        .type = Type::duration,
                                        .minimum = "1ms",
                                        .help = "How long one call of the plugin may take."},
                               .example = R"("60s")",
                               .default_note = "depends on the kind"}),
        }};
    return table;
}

const Table<ComponentSettings>& component_table() {
    using S = ComponentSettings;
    static const Table<S> table{
        "component.NAME", "component.server", "One file that consensus governs.",
        joined<S>(
            {
                key<&S::path>({.spec = {.name = "path",
                                        .type = Type::path,
                                        .required = true,
                                        .help = "Where the file is installed."},
                               .example = R"("/opt/xxnetwork/bin/xxnetwork-cmix")"}),
                key<&S::approved_by>(
                    {.spec =
                         {.name = "approved-by",
                          .type = Type::list,
                          .required = true,
                          .help =
                              "The consensus source that approves its digest, or several. Or the "
                              "command source whose update orders do."},
                     .names = "consensus-source or command-source",
                     .example = R"("chain")",
                     .one_will_do = true}),
                key<&S::agreement>(
                    {.spec = {.name = "agreement",
                              .fallback = "all",
                              .help = "Of several sources, how many must name the same digest: "
                                      "\"all\", a number, or \"any\": the first of the list that "
                                      "names one."},
                     .refine = check_agreement,
                     .number_will_do = true}),
                key<&S::field>({.spec = {.name = "field",
                                         .help = "What the consensus source calls this file."},
                                .example = R"("server")",
                                .default_note = "the component's name"}),
                key<&S::from>({.spec = {.name = "from",
                                        .required = true,
                                        .help = "The binary source that has the file."},
                               .names = "binary-source",
                               .example = R"("network")"}),
                key<&S::mode>({.spec = {.name = "mode",
                                        .fallback = "0755",
                                        .help = "The mode of the installed file, in octal."},
                               .refine = check_mode}),
                key<&S::max_size>({{.name = "max-size",
                                    .type = Type::size,
                                    .fallback = "2GiB",
                                    .minimum = "1B",
                                    .help = "A larger file is refused while it is fetched; with "
                                            "unpack, also an archive of more in all."}}),
                key<&S::unpack>(
                    {.spec = {.name = "unpack",
                              .help =
                                  "What is fetched is an archive (.tar, .tar.gz, .tar.zst or .zip) "
                                  "and this the file in it that is installed. The approved digest "
                                  "is that of the archive."},
                     .refine = check_member,
                     .example = R"("bin/noded")",
                     .default_note = "what is fetched is the file"}),
                key<&S::keep>(
                    {{.name = "keep",
                      .type = Type::integer,
                      .fallback = "3",
                      .minimum = "1",
                      .help = "How many of its versions the store keeps, the installed one "
                              "among them: what a rollback can go to without a fetch."}}),
                key<&S::probe>(
                    {.spec = {.name = "probe",
                              .type = Type::list,
                              .fallback = "[]",
                              .help = "Before a new file is used it is executed with "
                                      "these arguments, and must end with exit status 0."},
                     .example = R"(["--version"])"}),
                key<&S::probe_timeout>({{.name = "probe-timeout",
                                         .type = Type::duration,
                                         .fallback = "10s",
                                         .minimum = "1ms",
                                         .help = "A trial run that takes longer has failed."}}),
            },
            activation_keys<S>("that of the services that it belongs to"))};
    return table;
}

std::vector<TableText> all_tables() {
    std::vector<TableText> texts;
    add_text(texts, host_table());
    add_text(texts, identity_table());
    add_text(texts, instance_table());
    add_text(texts, command_source_table());
    add_text(texts, component_table());
    add_text(texts, service_table());
    add_text(texts, stream_table());
    return texts;
}

} // namespace cmw::config
